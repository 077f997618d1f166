import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import type { Commands } from '../../site/commands';
import type { PostgresPlace } from './postgres';

/** Versions whose programs read each other's dumps of a server of 15, and write what that server understands. */
const VERSIONS = [15, 16];
/** Where Debian and Ubuntu keep the programs of each version. */
const PLACES = '/usr/lib/postgresql';

type Program = 'pg_dump' | 'pg_restore';

/**
 * The database of a local stack. Its PostgreSQL comes without the programs that dump and restore, so that they are this
 * machine's. @throws CliError when there are none that fit
 */
export async function localPostgres(port: number, password: string, commands: Commands): Promise<PostgresPlace> {
  const folder = await programs(commands);
  return {
    ...{ url: `postgres://muster_admin:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`, commands },
    program: async (name, args) => ({
      file: join(folder, name),
      args: ['--host=127.0.0.1', `--port=${port}`, '--username=muster_admin', '--dbname=postgres', ...args],
      env: { PGPASSWORD: password },
    }),
  };
}

/** @returns the folder with the programs; empty: they are found by PATH */
async function programs(commands: Commands): Promise<string> {
  const named = existsSync(PLACES) ? readdirSync(PLACES).map((version) => join(PLACES, version, 'bin')) : [];
  const seen: number[] = [];
  const fitting = new Map<number, string>();
  for (const folder of ['', ...named]) {
    const version = await versionOf(folder, commands);
    if (version === undefined) continue;
    seen.push(version);
    if (!fitting.has(version)) fitting.set(version, folder);
  }
  for (const version of VERSIONS) {
    const folder = fitting.get(version);
    if (folder !== undefined) return folder;
  }
  throw new CliError(
    EXIT.unavailable,
    `The programs pg_dump and pg_restore of PostgreSQL ${VERSIONS.join(' or ')} are needed, and ${
      seen.length > 0 ? `there are those of ${[...new Set(seen)].join(', ')}` : 'they are not here'
    }.`,
    'Install them (Debian 12: apt-get install postgresql-client).',
  );
}

/** Of both programs; undefined when one of them is not there. */
async function versionOf(folder: string, commands: Commands): Promise<number | undefined> {
  const found: number[] = [];
  for (const name of ['pg_dump', 'pg_restore'] satisfies Program[]) {
    const { code, output } = await commands.try({ file: join(folder, name), args: ['--version'] });
    const version = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1]);
    if (code !== 0 || Number.isNaN(version)) return undefined;
    found.push(version);
  }
  return Math.min(...found) === Math.max(...found) ? found[0] : undefined;
}
