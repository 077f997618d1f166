import { join } from 'node:path';
import { migrate } from '@muster/database';
import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from '../core/exit-codes';
import { diagnose } from '../doctor/device-check';
import { findDevices } from '../doctor/device-facts';
import { databaseCheck, DatabaseFacts } from './database';
import { emailCheck } from './email';
import { KNOWN_MIGRATIONS } from './known-migrations';

const SERVICES = { core: 'web', identity: 'key-manager', plugins: 'plugins' } as const;
type Schema = keyof typeof SERVICES;
const SCHEMAS = Object.keys(SERVICES) as Schema[];

let postgres: TestPostgres;
let database: TestDatabase<Schema>;
let facts: DatabaseFacts;

async function sql(text: string, values: unknown[] = [], { alone = false } = {}): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  if (alone) await client.query("SET session_replication_role = 'replica'"); // a row without those that it refers to
  await client.query(text, values).finally(() => client.end());
}

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase(SCHEMAS);
  facts = new DatabaseFacts(database.adminUrl);
  for (const schema of SCHEMAS) {
    // The services' own migrations, found by path: no project may import a service.
    const file = join(import.meta.dirname, '../../../services', SERVICES[schema], 'src/schema.ts');
    const found = (await import(file)) as Record<string, Parameters<typeof migrate>[0]>;
    const options = Object.values(found).find((value) => typeof value === 'object' && 'migrations' in value);
    if (!options) throw new Error(`${file} exports no schema`);
    await migrate(options, database.urls[schema].ownerUrl);
  }
});
afterAll(() => postgres?.stop());

describe('the database', () => {
  const codes = async (known = KNOWN_MIGRATIONS) =>
    (await databaseCheck(facts, known).run()).map(({ code, verdict }) => code ?? verdict);

  it('has every migration of this version; what is no part of the stack is left out', async () => {
    expect(await codes()).toEqual(['ok', 'ok', 'ok']);
  });

  it('lacks one: the schema and the migration are named', async () => {
    const known = { core: [...(KNOWN_MIGRATIONS['core'] ?? []), 'Later1999999999999'] };
    const [pending] = await databaseCheck(facts, known).run();
    expect(pending).toMatchObject({ code: 'migrations-pending', verdict: 'fault' });
    expect(pending?.sentence).toBe('The schema core lacks 1 migrations of this version, first Later1999999999999.');
  });

  it('is newer than this muster', async () => {
    expect(await codes({ core: ['CreateCore1763683200000'] })).toEqual(['schema-newer']);
  });

  it('has a schema without anything in it, since its service never started', async () => {
    await sql('CREATE SCHEMA rmm_logs');
    const [absent] = await databaseCheck(facts, { rmm_logs: ['CreateRmmLogs1763712000000'] }).run();
    await sql('DROP SCHEMA rmm_logs');
    expect(absent).toMatchObject({ code: 'schema-absent', sentence: 'The schema rmm_logs has not been made.' });
  });

  it('does not answer', async () => {
    const nowhere = new DatabaseFacts('postgres://muster_admin:x@127.0.0.1:1/postgres');
    expect((await databaseCheck(nowhere).run())[0]).toMatchObject({ code: 'database-unreachable' });
  });

  it('cannot be written to by a check', async () => {
    await expect(facts.rows('DELETE FROM core.devices')).rejects.toThrow('read-only');
  });
});

describe('e-mail', () => {
  it('that is not set up is no fault; a server that refuses is, with its words', async () => {
    expect(await emailCheck(facts).run()).toMatchObject([{ verdict: 'ok' }]);
    await sql(`INSERT INTO identity.email_settings (id, host, port, security, from_address, from_name, changed_at, changed_by)
               VALUES (1, '127.0.0.1', 1, 'none', 'a@b.test', 'Muster', now(), 'x')`);
    await sql(`INSERT INTO identity.email_sendings (id, at, sent, problem, reply)
               VALUES (1, now(), false, 'refused', '550 5.7.1 Relaying denied')`);
    const found = await emailCheck(facts).run();
    expect(found.map(({ code }) => code)).toEqual(['smtp-unreachable', 'email-not-sent']);
    expect(found[1]?.sentence).toContain('Relaying denied');
    await sql(`INSERT INTO identity.email_messages (id, organisation_id, kind, subject_id, recipient, sealed_words, state,
                 attempts, queued_at, next_at, gives_up_at, expires_at)
               SELECT gen_random_uuid(), gen_random_uuid(), 'invitation', gen_random_uuid(), 'ada@b.test', '', 'waiting',
                 n, now(), now(), now(), now() FROM generate_series(1, 3) n`);
    const waiting = (await emailCheck(facts).run()).find(({ code }) => code === 'email-waiting');
    // One that was not tried yet is on its way.
    expect(waiting?.sentence).toBe('2 e-mails wait to be sent.');
  });
});

describe('why is this device offline?', () => {
  const organisation = '01890000-0000-7000-8000-000000000001';
  const id = (number: number) => `01890000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  let next = 100;

  interface Planted {
    presence?: string;
    address?: string;
    retired?: boolean;
    merged?: string;
    revoked?: string;
    ends?: string;
    connection?: { connected: boolean; node: string } | null;
  }

  async function plant(name: string, planted: Planted = {}): Promise<string> {
    const device = id((next += 1));
    const { presence = 'offline', address = `192.0.2.${next}`, retired = false, merged = null } = planted;
    await sql(
      `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, presence,
         presence_at, last_contact_at, address, enrolled_at, registration_key_id, facts_at, retired_at, merged_into)
       VALUES ($1, $2, $3, $3, 'linux', 'Debian', '1', $4, now(), now() - interval '2 hours', $5, now(), $1, now(),
         CASE WHEN $6 THEN now() END, $7)`,
      [organisation, device, name, presence, address, retired, merged],
    );
    await sql(
      `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at,
         revoked_at, revoke_reason) VALUES ($1, $2, '', $3, $2, now(), CASE WHEN $4::text IS NOT NULL THEN now() END, $4)`,
      [device, organisation, Buffer.from(device), planted.revoked ?? null],
    );
    await sql(
      `INSERT INTO identity.certificates (fingerprint, organisation_id, device_id, issuer, chain, issued_at, not_after)
       VALUES ($1, $2, $4, '', '', now(), now() + $3::interval)`,
      [device, organisation, planted.ends ?? '60 days', device],
    );
    const { connection = { connected: false, node: 'broker-1' } } = planted;
    if (connection) {
      await sql(
        `INSERT INTO core.device_connections (organisation_id, device_id, node, epoch, sequence, connected, changed_at)
         VALUES ($1, $2, $3, 1, 1, $4, now() - interval '1 hour')`,
        [organisation, device, connection.node, connection.connected],
      );
    }
    return device;
  }

  const answer = async (name: string) => {
    const [device] = await findDevices(facts, name);
    return device ? diagnose(device) : [];
  };
  const codeOf = async (name: string) => (await answer(name)).map(({ code, verdict }) => code ?? verdict);

  beforeAll(() => sql(`INSERT INTO core.organisations (id, name) VALUES ($1, 'Test')`, [organisation]));
  beforeAll(() =>
    sql(`INSERT INTO core.broker_nodes (node, epoch, lease_until, lapsed_at)
         VALUES ('broker-1', 1, now() + interval '1 hour', NULL), ('broker-2', 1, now(), now())`),
  );

  it.each<[string, Planted, string]>([
    ['is-online', { presence: 'online', connection: { connected: true, node: 'broker-1' } }, 'ok'],
    ['is-retired', { retired: true }, 'device-retired'],
    ['is-merged', { retired: true, merged: id(1) }, 'device-merged'],
    ['is-revoked', { revoked: 'stolen' }, 'device-revoked'],
    ['has-expired', { ends: '-3 days' }, 'device-certificate-ended'],
    ['is-lost', { ends: '-400 days' }, 'device-certificate-lost'],
    ['broker-gone', { presence: 'unknown', connection: { connected: true, node: 'broker-2' } }, 'device-node-lost'],
    ['only-polls', { presence: 'polling' }, 'device-polling'],
    ['never-came', { connection: null }, 'device-never-connected'],
    ['is-silent', {}, 'device-silent'],
  ])('%s', async (name, planted, code) => {
    await plant(name, planted);
    expect(await codeOf(name.toUpperCase())).toEqual([code]);
  });

  it('it asks, and no broker could wake it', async () => {
    const lapse = (at: string | null) =>
      sql(`UPDATE core.broker_nodes SET lapsed_at = $1 WHERE node = 'broker-1'`, [at]);
    await plant('unwakeable', { presence: 'polling', connection: { connected: true, node: 'broker-1' } });
    expect(await codeOf('unwakeable')).toEqual(['device-polling']);
    await lapse('2025-06-01T08:00:00Z');
    expect(await codeOf('unwakeable')).toEqual(['device-without-broker']);
    await lapse(null);
  });

  it('a whole network is cut, or only this device of it', async () => {
    await plant('branch-1', { address: '198.51.100.9' });
    await plant('branch-2', { address: '198.51.100.9' });
    const [cut] = await answer('branch-1');
    expect(cut).toMatchObject({ code: 'device-network' });
    expect(cut?.sentence).toContain('all 1 other devices behind its address 198.51.100.9');
    await plant('branch-3', {
      address: '198.51.100.9',
      presence: 'online',
      connection: { connected: true, node: 'broker-1' },
    });
    expect(await codeOf('branch-1')).toEqual(['device-silent']);
  });

  it('says which operations wait for it', async () => {
    const device = await plant('has-work');
    await sql(
      `INSERT INTO core.operations (organisation_id, id, batch_id, device_id, sequence, epoch, state, reason, created_at, changed_at,
         expires_at, time_limit_seconds, deadline_at, payload_head, signature, delegation_digest)
       VALUES ($1, $2, $2, $3, 1, 1, 'PENDING', '', now(), now(), now() + interval '7 days', 60, now(), '', '', '')`,
      [organisation, id(9000), device],
      { alone: true },
    );
    const [, waiting] = await answer(device);
    expect(waiting).toMatchObject({ code: 'device-operations-waiting' });
    expect(waiting?.sentence).toContain('1 operations wait for has-work');
  });

  it('knows no such device, and which are meant perhaps', async () => {
    await expect(findDevices(facts, 'silent')).rejects.toMatchObject({
      exitCode: 66,
      remedy: 'Did you mean is-silent?',
    });
    await expect(findDevices(facts, "x'; DROP TABLE core.devices; --")).rejects.toThrow(CliError);
  });
});
