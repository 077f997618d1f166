import { existsSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { damagedData, unusableFolder } from './data-folder';
import { type Layout, type Ports } from './layout';
import { livingSupervisor } from './run-state';
import { findProgram } from './programs';

const NEEDED_BYTES = 1_500_000_000;
const NEEDED_PROGRAMS = ['nats-server', 'nginx', 'openssl'];
const NAMED_PORTS = 3;

/** Everything that could spoil the start, found before anything starts. Each fault is one sentence with its remedy. */
export async function preflight(layout: Layout): Promise<string[]> {
  const already = livingSupervisor(layout);
  if (already)
    return [`Muster already runs here (pid ${already}); stop it with Ctrl-C in its terminal or "kill ${already}".`];
  const unusable = unusableFolder(layout);
  if (unusable.length > 0) return unusable;
  return [...missingPrograms(), ...tooLittleDisk(layout), ...damagedData(layout), ...(await takenPorts(layout.ports))];
}

export function missingPrograms(): string[] {
  const missing = NEEDED_PROGRAMS.filter((name) => !findProgram(name));
  if (missing.length === 0) return [];
  return [
    `${missing.join(' and ')} cannot be found; install ${missing.length > 1 ? 'them' : 'it'} and start again (Debian, Ubuntu: tools/install-system-packages.sh run).`,
  ];
}

function tooLittleDisk({ data, open }: Layout): string[] {
  return [...new Set([data, open])].flatMap((path) => {
    let folder = path;
    while (!existsSync(folder)) folder = dirname(folder);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize >= NEEDED_BYTES) return [];
    const free = Math.floor((bavail * bsize) / 1e6);
    return [
      `Only ${free} MB are free for ${path}, and the stack needs ${NEEDED_BYTES / 1e6} MB; free some space or choose another folder with --data DIR.`,
    ];
  });
}

export async function takenPorts(ports: Ports): Promise<string[]> {
  const taken: number[] = [];
  for (const port of Object.values(ports)) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return [];
  const named = taken.slice(0, NAMED_PORTS).join(', ');
  const more = taken.length > NAMED_PORTS ? ` and ${taken.length - NAMED_PORTS} more` : '';
  const what = taken.length > 1 ? 'Ports' : 'Port';
  const are = taken.length > 1 ? 'are' : 'is';
  const by =
    taken.includes(ports.webManager) && (await isMuster(ports.webManager)) ? 'another Muster' : 'something else';
  return [`${what} ${named}${more} ${are} taken by ${by}; end it or choose other ports with --ports BASE.`];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether one of the suite's services answers there: a stack with another data folder has these ports. */
async function isMuster(port: number): Promise<boolean> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/-/health/live`, { signal: AbortSignal.timeout(1000) });
    return reply.ok && ((await reply.json()) as { live?: boolean }).live === true;
  } catch {
    return false;
  }
}
