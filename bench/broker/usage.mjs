import { readdirSync, readFileSync } from 'node:fs';

/**
 * What a process and all its descendants use: `memory` and `rss` in KiB, `cpu` in milliseconds of processor time. Memory
 * is resident memory, of which what processes share is counted once; program files are counted in full, because how many
 * others on this machine run the same program must not matter.
 */
export function usageOf(pid) {
  const total = { memory: 0, rss: 0, cpu: 0, processes: [] };
  for (const member of family(pid)) {
    const use = usageOfOne(member);
    if (!use) continue;
    total.rss += use.rss;
    total.memory += use.memory;
    total.cpu += use.cpu;
    total.processes.push(use.name);
  }
  return total;
}

/** The process itself and everything below it. */
export function family(pid) {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(stat(entry)?.[1]);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(Number(entry));
  }
  const found = [pid];
  for (const member of found) found.push(...(children.get(member) ?? []));
  return found;
}

function usageOfOne(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const fields = stat(pid);
    const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0);
    // Linux counts in hundredths of a second whatever the kernel's own tick is (USER_HZ).
    const memory = kib('Rss') - kib('Anonymous') + kib('Pss_Anon');
    const cpu = (Number(fields[11]) + Number(fields[12])) * 10;
    return { name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), memory, rss: kib('Rss'), cpu };
  } catch {
    return undefined;
  }
}

/** Fields of `/proc/<pid>/stat` from the third on; the second, the name, may hold spaces and brackets. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Does a member of the family have this library in memory? */
export function hasLibrary(pid, name) {
  return family(pid).some((member) => {
    try {
      return readFileSync(`/proc/${member}/maps`, 'utf8').includes(name);
    } catch {
      return false;
    }
  });
}
