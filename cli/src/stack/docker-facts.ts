import type { Part } from './stack';

/** What of `docker inspect` is used. */
export interface Inspected {
  Id: string;
  Name: string;
  RestartCount: number;
  State: {
    Status: string;
    ExitCode: number;
    Error: string;
    OOMKilled: boolean;
    StartedAt: string;
    Health?: { Status: string; Log?: { ExitCode: number; Output: string }[] | null };
  };
  HostConfig: {
    RestartPolicy: { Name: string };
    PortBindings?: Record<string, { HostPort: string }[] | null> | null;
    NetworkMode?: string;
  };
  Config: { Labels: Record<string, string> | null };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

const SERVICE = 'com.docker.compose.service';
export const serviceOf = ({ Config, Name }: Inspected): string => Config.Labels?.[SERVICE] ?? Name.replace(/^\//, '');

/** Beyond this many starts, a container that runs just now is about to end again. */
const MANY_RESTARTS = 3;
const SETTLED_MS = 120_000;
/** Exit code of a process that SIGKILL ended. */
const KILLED = 137;

export function partOf(container: Inspected, now = Date.now()): Part {
  const { State, RestartCount } = container;
  const health = State.Health?.Status;
  return {
    name: serviceOf(container),
    state: stateOf(container, now),
    ...(health === undefined || health === 'none' ? {} : { healthy: health === 'healthy' }),
    restarts: RestartCount,
    ...reasonOf(container),
    since: State.StartedAt,
    ports: portsOf(container),
  };
}

/** coturn is on the host's own network, where Docker knows nothing of ports. */
export const COTURN_PORTS = { TURN: 3478, 'TURN with TLS and DTLS': 5349 } as const;

function portsOf({ HostConfig: { PortBindings, NetworkMode } }: Inspected): number[] {
  if (NetworkMode === 'host') return Object.values(COTURN_PORTS);
  const bound = Object.values(PortBindings ?? {}).flatMap((places) => places ?? []);
  return [...new Set(bound.map(({ HostPort }) => Number(HostPort)))];
}

function stateOf({ State, HostConfig, RestartCount }: Inspected, now: number): Part['state'] {
  if (State.Status === 'restarting') return 'restarting';
  if (State.Status === 'running') {
    const young = now - Date.parse(State.StartedAt) < SETTLED_MS;
    if (young && RestartCount >= MANY_RESTARTS) return 'restarting';
    return State.Health?.Status === 'starting' ? 'starting' : 'running';
  }
  // Containers that are to run once end with 0.
  const once = HostConfig.RestartPolicy.Name === 'no' || HostConfig.RestartPolicy.Name === '';
  if (State.Status === 'exited' && State.ExitCode === 0 && once) return 'done';
  return State.Status === 'created' ? 'starting' : 'stopped';
}

export const endedWith = (code: number): string => `it ended with code ${code}`;

function reasonOf({ State }: Inspected): { reason?: string } {
  if (State.OOMKilled) return { reason: 'it took more memory than its limit' };
  if (State.Error) return { reason: State.Error };
  if (State.Status === 'paused') return { reason: 'it is paused' };
  if (State.Status === 'exited' && State.ExitCode === KILLED) return { reason: 'it was killed' };
  if (['exited', 'restarting'].includes(State.Status) && State.ExitCode !== 0)
    return { reason: endedWith(State.ExitCode) };
  if (State.Status === 'exited') return { reason: 'it was stopped' };
  const words = State.Health?.Log?.at(-1)?.Output.trim().slice(0, 300);
  return State.Health?.Status === 'unhealthy' && words ? { reason: words } : {};
}
