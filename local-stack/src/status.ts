import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import { layout } from './layout';
import { partBytes } from './memory';
import { readOptions } from './options';
import { livingSupervisor, readRunState } from './run-state';

/** What `npm run -s status -- --json` prints. */
export interface StackStatus {
  ready: boolean;
  console: string;
  caFile: string;
  parts: {
    name: string;
    ready: boolean;
    pid: number | null;
    /** Resident set size of the part's processes; PostgreSQL's shared memory counted once. */
    residentBytes: number;
    /** How often it ended and was started again since it last ran for a while. */
    restarts: number;
    log: string;
  }[];
  devices: { known: number; online: number };
}

/** Known and online devices, from the metrics of the web service. */
export async function deviceCounts(metrics: string): Promise<{ known: number; online: number }> {
  const response = await fetch(metrics, { signal: AbortSignal.timeout(2000) });
  const text = await response.text();
  const count = (presence: string): number =>
    Number(text.match(new RegExp(`^muster_devices\\{[^}]*presence="${presence}"[^}]*\\} (\\d+)`, 'm'))?.[1] ?? 0);
  const online = count('online');
  return { known: online + count('polling') + count('unknown') + count('offline'), online };
}

/** The state of the stack that uses this data folder; undefined when none runs. */
export async function stackStatus(args: string[]): Promise<StackStatus | undefined> {
  const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const place = layout(project, readOptions(args, project));
  const state = readRunState(place);
  if (!state || !livingSupervisor(place)) return undefined;
  const devices = await deviceCounts(state.metrics).catch(() => ({ known: 0, online: 0 }));
  return {
    ready: state.ready && state.parts.every((part) => part.ready),
    console: state.console,
    caFile: state.caFile,
    parts: state.parts.map(({ name, ready, pid, restarts }) => ({
      name,
      ready,
      pid: pid ?? null,
      residentBytes: pid ? partBytes(name, pid) : 0,
      restarts,
      log: join(place.logs, `${name}.log`),
    })),
    devices,
  };
}
