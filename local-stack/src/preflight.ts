import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type Layout, type Ports } from './layout';
import { livingSupervisor } from './run-state';
import { findProgram } from './programs';
import { SECRETS_FILE } from './secrets';

const NEEDED_BYTES = 1_500_000_000;
const NEEDED_PROGRAMS = ['nats-server', 'nginx', 'openssl'];

/** Everything that could spoil the start, found before anything starts. Each fault is one sentence with its remedy. */
export async function preflight(layout: Layout): Promise<string[]> {
  const already = livingSupervisor(layout);
  if (already)
    return [`Muster already runs here (pid ${already}); stop it with Ctrl-C in its terminal or "kill ${already}".`];
  return [...missingPrograms(), ...tooLittleDisk(layout), ...damagedData(layout), ...(await takenPorts(layout.ports))];
}

function missingPrograms(): string[] {
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

function damagedData({ data, open }: Layout): string[] {
  const remedy = `remove it (rm -r ${data}${open === data ? '' : ` ${open}`}) to start anew, or restore it from a backup.`;
  const secrets = join(data, SECRETS_FILE);
  const cluster = join(open, 'postgres');
  if (existsSync(cluster) && !existsSync(join(cluster, 'PG_VERSION'))) {
    return [`The data folder ${data} is damaged (its database has no PG_VERSION); ${remedy}`];
  }
  if (existsSync(cluster) && readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim() !== '15') {
    return [`The data folder ${data} holds a database of another PostgreSQL version; ${remedy}`];
  }
  if (existsSync(cluster) !== existsSync(secrets)) {
    return [`The data folder ${data} is damaged (database and secrets do not belong together); ${remedy}`];
  }
  if (!existsSync(secrets)) return [];
  try {
    JSON.parse(readFileSync(secrets, 'utf8'));
    return [];
  } catch {
    return [`The data folder ${data} is damaged (${SECRETS_FILE} cannot be read); ${remedy}`];
  }
}

async function takenPorts(ports: Ports): Promise<string[]> {
  const taken: number[] = [];
  for (const port of Object.values(ports)) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return [];
  return [
    `Port${taken.length > 1 ? 's' : ''} ${taken.join(', ')} ${taken.length > 1 ? 'are' : 'is'} taken by another program; end it or choose other ports with --ports BASE.`,
  ];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
