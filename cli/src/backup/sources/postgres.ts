import { Client } from 'pg';
import type { Command, Commands } from '../../site/commands';

/** The database as its administrator, and the programs of its server's own version. */
export interface PostgresPlace {
  url: string;
  commands: Commands;
  /** A program of PostgreSQL's on that server, already told where and who. */
  program(name: 'pg_dump' | 'pg_restore', args: readonly string[]): Promise<Command>;
}

/** What a dump found. */
export interface Snapshot {
  takenAt: string;
  version: string;
  migrations: Record<string, string[]>;
  devices?: number;
  /** `pg_dump`'s custom format, of this very snapshot. */
  dump(): AsyncGenerator<Buffer>;
}

/**
 * Fixes one moment of the whole database, hands it to the work, and lets go of it afterwards. Writers are not kept from
 * writing, only old row versions from being cleaned away.
 */
export async function withSnapshot<T>(place: PostgresPlace, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: place.url, application_name: 'muster backup' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const [found] = (
      await client.query<{ id: string; at: Date; version: string }>(
        `SELECT pg_export_snapshot() AS id, clock_timestamp() AS at, current_setting('server_version') AS version`,
      )
    ).rows;
    if (!found) throw new Error('PostgreSQL gave no snapshot');
    const devices = await count(client, 'core.devices');
    return await work({
      ...{ takenAt: found.at.toISOString(), version: found.version, migrations: await migrationsOf(client) },
      ...(devices === undefined ? {} : { devices }),
      dump: async function* () {
        // zlib's lowest level: half the bytes for a fraction of the time.
        const args = ['--format=custom', '--compress=1', `--snapshot=${found.id}`];
        yield* place.commands.output(await place.program('pg_dump', args));
      },
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Schemas of services and the names of what has run in each. */
async function migrationsOf(client: Client): Promise<Record<string, string[]>> {
  const { rows: schemas } = await client.query<{ name: string }>(
    `SELECT n.nspname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = 'migrations' AND c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1`,
  );
  const migrations: Record<string, string[]> = {};
  for (const { name } of schemas) {
    const sql = `SELECT name FROM ${client.escapeIdentifier(name)}.migrations ORDER BY timestamp`;
    migrations[name] = (await client.query<{ name: string }>(sql)).rows.map((row) => row.name);
  }
  return migrations;
}

async function count(client: Client, table: string): Promise<number | undefined> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (!rows[0]?.there) return undefined;
  return Number((await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count ?? 0);
}

/**
 * Fills a database whose services do not run: all its schemas are replaced, those of services that never ran too; roles must be
 * there. All or nothing. @throws Error with the words of PostgreSQL
 */
export async function loadDump(place: PostgresPlace, data: AsyncIterable<Uint8Array>): Promise<void> {
  const client = new Client({ connectionString: place.url, application_name: 'muster restore' });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')`,
    );
    for (const { name } of rows) await client.query(`DROP SCHEMA ${client.escapeIdentifier(name)} CASCADE`);
  } finally {
    await client.end();
  }
  await place.commands.feed(await place.program('pg_restore', ['--single-transaction', '--dbname=postgres']), data);
}
