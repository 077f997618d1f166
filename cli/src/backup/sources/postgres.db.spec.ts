import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Commands } from '../../site/commands';
import { loadDump, type PostgresPlace, withSnapshot } from './postgres';

let postgres: TestPostgres;
let [before, after]: TestDatabase<'core'>[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
  [before, after] = [await postgres.createDatabase(['core']), await postgres.createDatabase(['core'])];
  await sql(
    (before as TestDatabase).adminUrl,
    `SET ROLE muster_core_owner;
     CREATE TABLE core.migrations (timestamp bigint, name text);
     INSERT INTO core.migrations VALUES (1, 'CreateCore1763683200000');
     CREATE TABLE core.devices (id int PRIMARY KEY, name text);
     ALTER TABLE core.devices ENABLE ROW LEVEL SECURITY;
     ALTER TABLE core.devices FORCE ROW LEVEL SECURITY;
     CREATE POLICY walled ON core.devices TO muster_core_app USING (id > 1);
     GRANT SELECT ON core.devices TO muster_core_app;
     ALTER TABLE core.devices NO FORCE ROW LEVEL SECURITY;
     INSERT INTO core.devices SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) n;
     ALTER TABLE core.devices FORCE ROW LEVEL SECURITY`,
  );
});
afterAll(() => postgres?.stop());

async function sql<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return ((await client.query<Row>(text)).rows ?? []) as Row[];
  } finally {
    await client.end();
  }
}

const BINARIES = '/usr/lib/postgresql/15/bin';
/** With the programs of this machine. The restored database of the test is not called "postgres". */
const placeOf = (url: string): PostgresPlace => ({
  ...{ url, commands: new Commands() },
  program: async (name, args) => ({
    file: existsSync(BINARIES) ? `${BINARIES}/${name}` : name,
    args: ['--dbname', url, ...args.filter((one) => !one.startsWith('--dbname'))],
  }),
});
async function kept(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('a database', () => {
  it('is dumped as of one moment while others write, and comes back with owners, rights and walls', async () => {
    const source = (before as TestDatabase<'core'>).adminUrl;
    const target = after as TestDatabase<'core'>;
    const copy = await withSnapshot(placeOf(source), async (snapshot) => {
      await sql(source, `INSERT INTO core.devices VALUES (9999, 'after the moment')`);
      expect(snapshot).toMatchObject({ migrations: { core: ['CreateCore1763683200000'] }, devices: 2000 });
      expect(snapshot.version).toMatch(/^1\d\./);
      expect(Math.abs(Date.parse(snapshot.takenAt) - Date.now())).toBeLessThan(60_000);
      return kept(snapshot.dump());
    });
    await sql(target.adminUrl, 'CREATE TABLE core.of_another_version (id int)');
    await loadDump(placeOf(target.adminUrl), Readable.from(copy));
    expect(await sql(target.adminUrl, 'SELECT count(*)::int AS n, max(id) AS last FROM core.devices')).toEqual([
      { n: 2000, last: 2000 },
    ]);
    expect(await sql(target.urls.core.url, 'SELECT count(*)::int AS n FROM core.devices')).toEqual([{ n: 1999 }]);
    const owner = `SELECT tableowner AS owner FROM pg_tables WHERE schemaname = 'core' AND tablename = 'devices'`;
    expect(await sql(target.adminUrl, owner)).toEqual([{ owner: 'muster_core_owner' }]);
    expect(await sql(target.adminUrl, `SELECT to_regclass('core.of_another_version') AS there`)).toEqual([
      { there: null },
    ]);
  });

  it('says in its own words why a dump or a restore fails', async () => {
    const { adminUrl } = before as TestDatabase<'core'>;
    const gone = {
      ...placeOf(adminUrl),
      program: async () => ({ file: 'pg_dump', args: ['--dbname', `${adminUrl}_gone`] }),
    };
    await expect(withSnapshot(gone, ({ dump }) => kept(dump()))).rejects.toThrow(/does not exist/);
    const { adminUrl: there } = after as TestDatabase<'core'>;
    const damaged = loadDump(placeOf(there), Readable.from([Buffer.from('this is no dump at all')]));
    await expect(damaged).rejects.toThrow(/valid archive|ended before|too short/);
  });
});
