import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { type Check, defineMessages, type Finding, fault, warning } from './finding';

const messages = defineMessages('machine', 'Processor, memory, disk and kernel settings of this server.', {
  'processor-small': warning(
    'This server has {has} processor(s); {needs} are recommended.',
    'It will work with few devices; give it more processors before many enrol.',
  ),
  'memory-too-small': fault(
    'This server has {has} MB of memory and the stack needs {needs} MB.',
    'Give it more memory; with less the kernel ends services at random.',
  ),
  'memory-small': warning(
    'This server has {has} MB of memory; {needs} MB are recommended.',
    'It will work with few devices; give it more memory before many enrol.',
  ),
  'disk-too-small': fault(
    '{has} MB are free for {folder}, and {needs} MB are needed.',
    'Free some space, or move the folder to a larger disk.',
  ),
  'disk-nearly-full': fault(
    'The disk of {folder} is {used} % full: {has} MB are free.',
    'Free some space now: a full disk stops PostgreSQL, and NATS until it is restarted.',
  ),
  'disk-filling': warning(
    'The disk of {folder} is {used} % full: {has} MB are free.',
    'Free some space or enlarge the disk; shorter retention helps in the long run.',
  ),
  'kernel-setting': warning(
    'The kernel setting {name} is {has}; {needs} or more is recommended.',
    'Run: sysctl -w {name}={needs}, and put the line "{name} = {needs}" into /etc/sysctl.d/60-muster.conf.',
  ),
});

const MB = 1e6;

/** What a server needs at least, and what is recommended. Memory and disk in bytes. */
export interface MachineNeeds {
  processors: number;
  leastMemory: number;
  memory: number;
  leastDisk: number;
}
export const NEEDS: Readonly<Record<'itsm' | 'xmpp', MachineNeeds>> = {
  itsm: { processors: 2, leastMemory: 3_500 * MB, memory: 7_500 * MB, leastDisk: 20_000 * MB },
  xmpp: { processors: 2, leastMemory: 1_700 * MB, memory: 3_500 * MB, leastDisk: 5_000 * MB },
};

export interface Machine {
  processors: number;
  memory: number;
}
export const thisMachine = (): Machine => ({ processors: availableParallelism(), memory: totalmem() });

export const machineCheck = (needs: MachineNeeds, machine: Machine = thisMachine()): Check => ({
  name: 'machine',
  run: async () => {
    const found: Finding[] = [];
    const { processors, memory } = machine;
    if (processors < needs.processors)
      found.push(messages.say('processor-small', { has: processors, needs: needs.processors }));
    const [has, least, wanted] = [memory, needs.leastMemory, needs.memory].map((bytes) => Math.floor(bytes / MB));
    const numbers = { has: has ?? 0 };
    if (memory < needs.leastMemory) found.push(messages.say('memory-too-small', { ...numbers, needs: least ?? 0 }));
    else if (memory < needs.memory) found.push(messages.say('memory-small', { ...numbers, needs: wanted ?? 0 }));
    return found.length > 0 ? found : [messages.ok(`${processors} processors and ${has} MB of memory are enough.`)];
  },
});

/** Room for a new installation. */
export const roomCheck = (folder: string, needs: number): Check => ({
  name: 'machine',
  run: async () => {
    const { free } = space(folder);
    const numbers = { folder, has: Math.floor(free / MB), needs: Math.floor(needs / MB) };
    if (free < needs) return [messages.say('disk-too-small', numbers)];
    return [messages.ok(`${numbers.has} MB are free for ${folder}.`)];
  },
});

/** Room that is left while it runs. Shares of the disk, 0 to 1. */
export const diskCheck = (folder: string, { warnAt = 0.8, faultAt = 0.92 } = {}): Check => ({
  name: 'machine',
  run: async () => {
    const { free, total } = space(folder);
    const used = total > 0 ? 1 - free / total : 0;
    const numbers = { folder, has: Math.floor(free / MB), used: Math.round(used * 100) };
    if (used >= faultAt) return [messages.say('disk-nearly-full', numbers)];
    if (used >= warnAt) return [messages.say('disk-filling', numbers)];
    return [messages.ok(`The disk of ${folder} is ${numbers.used} % full.`)];
  },
});

/** Bytes of the file system that a folder is, or will be, on. */
function space(path: string): { free: number; total: number } {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const { bavail, blocks, bfree, bsize } = statfsSync(folder);
  // As df counts: what is reserved for root is neither free nor in use.
  return { free: bavail * bsize, total: (blocks - bfree + bavail) * bsize };
}

/** The least value of each setting that matters with 10,000 connected devices. */
export const KERNEL_SETTINGS: Readonly<Record<string, number>> = {
  'net.core.somaxconn': 4_096,
  'net.ipv4.tcp_max_syn_backlog': 2_048,
  'fs.file-max': 200_000,
};

export const kernelCheck = (settings = KERNEL_SETTINGS, root = '/proc/sys'): Check => ({
  name: 'machine',
  run: async () => {
    const found = Object.entries(settings).flatMap(([name, needs]) => {
      const file = `${root}/${name.replaceAll('.', '/')}`;
      if (!existsSync(file)) return [];
      const has = Number(readFileSync(file, 'utf8').trim());
      return has < needs ? [messages.say('kernel-setting', { name, has, needs })] : [];
    });
    return found.length > 0 ? found : [messages.ok('The kernel settings allow many connections.')];
  },
});
