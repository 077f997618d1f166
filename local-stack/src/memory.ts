import { readdirSync, readFileSync } from 'node:fs';

/** Resident set size of one process, in bytes; 0 where it cannot be told. */
export const residentBytes = (pid: number): number => (field(`/proc/${pid}/status`, 'VmRSS') ?? 0) * 1024;

/**
 * Resident memory of a part, its process and everything below it, in bytes. PostgreSQL's processes share their
 * buffers, which would count once for each: of them the proportional set size, where the kernel tells it.
 */
export function partBytes(name: string, pid: number): number {
  const of = name === 'postgres' ? proportionalBytes : residentBytes;
  return [pid, ...descendants(pid)].reduce((sum, one) => sum + of(one), 0);
}

function proportionalBytes(pid: number): number {
  const kilobytes = field(`/proc/${pid}/smaps_rollup`, 'Pss');
  return kilobytes === undefined ? residentBytes(pid) : kilobytes * 1024;
}

function field(file: string, name: string): number | undefined {
  try {
    const line = readFileSync(file, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'));
    return line ? Number(line[1]) : undefined;
  } catch {
    return undefined;
  }
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of safeList('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const child of children.get(next) ?? []) {
      found.push(child);
      queue.push(child);
    }
  }
  return found;
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
