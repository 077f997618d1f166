import { readFileSync, statSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import type { LinuxFiles } from './linux-files';
import type { ProcessReading } from './reading';

/** So many are read before other work of the agent has its turn. */
const AT_ONCE = 250;

/** AT_PAGESZ and AT_CLKTCK of the auxiliary vector (getauxval(3)). */
const PAGE_SIZE = 6n;
const TICKS = 17n;

/** Processes by proc_pid_stat(5). */
export class LinuxProcesses {
  private readonly pageBytes: number;
  private readonly ticksPerSecond: number;
  private users?: Map<number, string>;

  constructor(private readonly files: LinuxFiles) {
    const vector = auxiliaryVector();
    this.pageBytes = vector.get(PAGE_SIZE) ?? 4096;
    this.ticksPerSecond = vector.get(TICKS) ?? 100;
  }

  async read(): Promise<ProcessReading[]> {
    const found: ProcessReading[] = [];
    let read = 0;
    for (const name of this.files.names('proc')) {
      if (!/^\d+$/.test(name)) continue;
      if (++read % AT_ONCE === 0) await breathe();
      const process = this.process(Number(name));
      if (process) found.push(process);
    }
    this.users = undefined;
    return found;
  }

  userOf(pid: number): string | undefined {
    try {
      const { uid } = statSync(this.files.path(`proc/${pid}`));
      this.users ??= this.readUsers();
      return this.users.get(uid) ?? String(uid);
    } catch {
      // It ended.
      return undefined;
    }
  }

  /** The name in parentheses may itself contain blanks and parentheses. */
  private process(pid: number): ProcessReading | undefined {
    const text = this.files.text(`proc/${pid}/stat`);
    if (!text) return undefined;
    const close = text.lastIndexOf(')');
    const fields = text.slice(close + 2).split(' ');
    // Fields 14, 15, 22 and 24 of the manual page; the third is the first after the name.
    const [userTicks, kernelTicks, started, pages] = [fields[11], fields[12], fields[19], fields[21]];
    if (userTicks === undefined || kernelTicks === undefined || started === undefined) return undefined;
    return {
      pid,
      started,
      name: text.slice(text.indexOf('(') + 1, close),
      cpuSeconds: (Number(userTicks) + Number(kernelTicks)) / this.ticksPerSecond,
      memoryBytes: Math.max(0, Number(pages) * this.pageBytes),
    };
  }

  private readUsers(): Map<number, string> {
    const lines = (this.files.text('etc/passwd') ?? '').matchAll(/^([^:\n]+):[^:\n]*:(\d+):/gm);
    // The first name of several for one number is the one that other programs show.
    return new Map([...lines].reverse().map(([, name = '', uid = '']) => [Number(uid), name]));
  }
}

function auxiliaryVector(): Map<bigint, number> {
  const vector = new Map<bigint, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    // Pairs of machine words; all systems that the agent runs on have 64-bit ones, little endian.
    for (let at = 0; at + 16 <= bytes.length; at += 16)
      vector.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // Hidden: the usual values stand in.
  }
  return vector;
}
