import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout';
import type { PartState } from './supervisor';

/** What the supervisor leaves on disk for `npm run status` and for the next start. */
export interface RunState {
  pid: number;
  /** Start time of that process in clock ticks since boot: tells it from another with the same number. */
  pidStart: string;
  ready: boolean;
  console: string;
  caFile: string;
  metrics: string;
  parts: PartState[];
}

const file = (layout: Layout): string => join(layout.run, 'state.json');

export function writeRunState(layout: Layout, state: Omit<RunState, 'pid' | 'pidStart'>): void {
  mkdirSync(layout.run, { recursive: true });
  const full: RunState = { pid: process.pid, pidStart: processStart(process.pid) ?? '', ...state };
  writeFileSync(`${file(layout)}.new`, JSON.stringify(full));
  renameSync(`${file(layout)}.new`, file(layout));
}

export function readRunState(layout: Layout): RunState | undefined {
  if (!existsSync(file(layout))) return undefined;
  try {
    return JSON.parse(readFileSync(file(layout), 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}

/** The pid of the supervisor that uses this data folder now, if one does. */
export function livingSupervisor(layout: Layout): number | undefined {
  const state = readRunState(layout);
  if (!state || state.pid === process.pid) return undefined;
  const start = processStart(state.pid);
  return start !== undefined && start === state.pidStart ? state.pid : undefined;
}

/** Field 22 of /proc/<pid>/stat; elsewhere only whether the process lives. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return undefined;
  }
}
