import { join } from 'node:path';
import { migrate } from '@muster/database';
import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseFacts } from './database';
import { presenceCheck, reachOf } from './presence';

const ORGANISATION = '01890000-0000-7000-8000-000000000001';
let postgres: TestPostgres;
let database: TestDatabase<'core'>;
let facts: DatabaseFacts;

async function sql(text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query(text, values).finally(() => client.end());
}

/** Devices that have had this presence for so long. */
const plant = (
  count: number,
  presence: string,
  since: string,
  { retired = false, heard = '0 seconds' } = {},
): Promise<void> =>
  sql(
    `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, presence, presence_at,
       last_contact_at, enrolled_at, registration_key_id, facts_at, retired_at)
     SELECT $1, gen_random_uuid(), 'd', 'd', 'linux', 'Debian', '1', $2, now() - $3::interval, now() - $6::interval, now(), $1, now(),
            CASE WHEN $4 THEN now() END FROM generate_series(1, $5)`,
    [ORGANISATION, presence, since, retired, count, heard],
  );
const node = (lapsedAt: string | null): Promise<void> =>
  sql(`INSERT INTO core.broker_nodes (node, epoch, lease_until, lapsed_at) VALUES ('broker-1', 1, now(), $1)`, [
    lapsedAt,
  ]);

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase(['core']);
  facts = new DatabaseFacts(database.adminUrl);
  // The service's own migrations, found by path: no project may import a service.
  const found = (await import(join(import.meta.dirname, '../../../services/web/src/schema.ts'))) as Record<
    string,
    Parameters<typeof migrate>[0]
  >;
  const options = Object.values(found).find((value) => typeof value === 'object' && 'migrations' in value);
  if (!options) throw new Error('the service exports no schema');
  await migrate(options, database.urls.core.ownerUrl);
  await sql(`INSERT INTO core.organisations (id, name) VALUES ($1, 'Test')`, [ORGANISATION]);
});
afterAll(() => postgres?.stop());
beforeEach(() => sql('DELETE FROM core.devices; DELETE FROM core.broker_nodes'));

const found = () => presenceCheck(facts, { port: 8443 }).run();
const codes = async () => (await found()).map(({ code, verdict }) => code ?? verdict);

describe('devices and the XMPP server, as the database knows them', () => {
  it('are well where devices are connected, and where there is none yet', async () => {
    await node(null);
    expect(await found()).toMatchObject([
      { verdict: 'ok', sentence: expect.stringContaining('no device is enrolled yet') as string },
    ]);
    await plant(3, 'online', '1 hour');
    await plant(2, 'offline', '1 hour');
    await plant(4, 'online', '1 hour', { retired: true });
    expect(await found()).toMatchObject([
      { verdict: 'ok', sentence: 'The broker reports; 3 of 5 devices are connected to it.' },
    ]);
    expect(await reachOf(facts)).toEqual({
      ...{ brokers: 1, lapsedAt: null, devices: 5, online: 3, polling: 0 },
      ...{ heard: 3, silent: 0 },
    });
  });

  it('that all ask and are not connected do not reach it', async () => {
    await node(null);
    await plant(4, 'polling', '10 minutes');
    const [fault] = await found();
    expect(fault).toMatchObject({ code: 'devices-without-push', verdict: 'fault' });
    expect(fault?.sentence).toContain('4 ask this server for work and are not connected to it, 0 are.');
    expect(fault?.remedy).toContain('Open port 8443 (TCP) of the XMPP server');
  });

  it('of which hardly any is connected do not reach it; where some are, it is not the server', async () => {
    await node(null);
    await plant(11, 'polling', '10 minutes');
    await plant(1, 'online', '1 hour');
    expect(await codes()).toEqual(['devices-without-push']);
    await plant(1, 'online', '1 hour');
    expect(await codes()).toEqual(['ok']);
  });

  it('that ask since a moment ago, or are retired, are about to connect or gone', async () => {
    await node(null);
    await plant(4, 'polling', '30 seconds');
    await plant(4, 'polling', '10 minutes', { retired: true });
    expect(await codes()).toEqual(['ok']);
  });

  it('that are connected and never ask do not reach this server', async () => {
    await node(null);
    await sql('SELECT pg_sleep(2)'); // this server itself has to be there for longer than they are silent
    const silence = { port: 8443, edge: 9443, quietSeconds: 1 };
    const quiet = () => presenceCheck(facts, silence).run();
    await plant(11, 'online', '1 hour', { heard: '10 minutes' });
    const [fault, ...more] = await quiet();
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ code: 'devices-without-sync', verdict: 'fault' });
    expect(fault?.sentence).toContain('11 are connected to the XMPP server and have not asked here');
    expect(fault?.remedy).toContain('Open port 9443 (TCP) of this server');
    // Connected since a moment ago; and those that were heard of are enough for it to be no fault of the server.
    await sql('DELETE FROM core.devices');
    await plant(4, 'online', '0 seconds', { heard: '10 minutes' });
    expect(await quiet()).toMatchObject([{ verdict: 'ok' }]);
    await plant(4, 'online', '1 hour', { heard: '10 minutes' });
    await plant(1, 'online', '1 hour', { heard: '-1 hours' });
    expect(await quiet()).toMatchObject([{ verdict: 'ok' }]);
  });

  it('that are connected and could not ask, since this server itself was away, are given time', async () => {
    await node(null);
    await plant(4, 'online', '2 hours', { heard: '1 hour' });
    expect(await codes()).toEqual(['ok']);
    expect((await reachOf(facts)).silent).toBe(4);
  });

  it('are not blamed where no broker reports', async () => {
    await plant(4, 'polling', '10 minutes');
    expect((await found())[0]?.sentence).toContain('No broker reports to this server, and none is known: devices');
    await node('2025-06-01T08:00:00Z');
    const [fault, ...more] = await found();
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ code: 'broker-silent', verdict: 'fault' });
    expect(fault?.sentence).toContain('No broker reports to this server, since 2025-06-01 08:00:00 UTC: devices');
  });

  it('are left to another check where the database does not answer', async () => {
    const nowhere = new DatabaseFacts('postgres://muster_admin:x@127.0.0.1:1/postgres');
    expect(await presenceCheck(nowhere, { port: 443 }).run()).toEqual([]);
  });
});
