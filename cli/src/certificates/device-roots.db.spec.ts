import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { migrate } from '@muster/database';
import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseFacts } from '../checks/database';
import { testFolder } from '../testing/folder';
import { authorityParts } from './authority-parts';
import { deviceRoots } from './device-roots';
import { digestOf } from './pem';
import { certificatesIn } from './pem';
import { reasonsToWait } from './roll';
import { statusInWords } from './roll-words';

const PROJECT = join(import.meta.dirname, '../../..');
const DAY_MS = 86_400_000;
const SERVICES = { core: 'web', identity: 'key-manager' } as const;
const ORGANISATION = randomUUID();

const folder = testFolder();
const authority = join(folder, 'authority');
/** The authority as it was before the roll-over. */
const before = join(folder, 'before');
const makeCerts = (...words: string[]): void =>
  void execFileSync('sh', [join(PROJECT, 'certs-templates/make-certs.sh'), ...words], { stdio: 'pipe' });

let postgres: TestPostgres;
let database: TestDatabase<keyof typeof SERVICES>;

async function sql(text: string, values: unknown[]): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query("SET session_replication_role = 'replica'"); // rows without those that they refer to
  await client.query(text, values).finally(() => client.end());
}

interface Told {
  days: number;
  presence?: string;
  retired?: boolean;
  revoked?: boolean;
}

/** A device with its certificates, oldest first: the authorities that issued them. */
async function device(name: string, issuers: string[], { days, presence, retired, revoked }: Told): Promise<string> {
  const id = randomUUID();
  const contact = new Date(Date.now() - days * DAY_MS);
  await sql(
    `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, presence, presence_at,
                               last_contact_at, enrolled_at, registration_key_id, facts_at, retired_at)
     VALUES ($1, $2, $3, $3, 'linux', 'Debian', '1.0.0', $4, now(), $5, now(), $2, now(), $6)`,
    [ORGANISATION, id, name, presence ?? 'offline', contact, retired ? contact : null],
  );
  await sql(
    `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at,
                                   revoked_at) VALUES ($1, $2, $3, $4, $1, now(), $5)`,
    [id, ORGANISATION, Buffer.from(id), createHash('sha256').update(id).digest(), revoked ? contact : null],
  );
  for (const [index, issuer] of issuers.entries()) {
    const out = mkdtempSync(join(folder, 'leaf-'));
    makeCerts('server', issuer, out, 'a-device.test'); // only who signed matters here
    const [leaf] = certificatesIn(readFileSync(join(out, 'cert.crt'), 'utf8'));
    const issuing = readFileSync(join(issuer, 'issuing/devices.crt'), 'utf8');
    const [ca] = certificatesIn(issuing);
    if (!leaf || !ca) throw new Error('no certificate was made');
    await sql(
      `INSERT INTO identity.certificates (fingerprint, organisation_id, device_id, issuer, chain, issued_at, not_after)
       VALUES ($1, $2, $3, $4, $5, now() - make_interval(days => $6), now() + interval '90 days')`,
      [digestOf(leaf), ORGANISATION, id, digestOf(ca), `${String(leaf)}${issuing}`, issuers.length - index],
    );
  }
  return id;
}

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase(['core', 'identity']);
  for (const schema of ['core', 'identity'] as const) {
    // The services' own migrations, found by path: no project may import a service.
    const found = (await import(join(PROJECT, 'services', SERVICES[schema], 'src/schema.ts'))) as Record<
      string,
      Parameters<typeof migrate>[0]
    >;
    const options = Object.values(found).find((value) => typeof value === 'object' && 'migrations' in value);
    if (!options) throw new Error(`${schema} has no schema`);
    await migrate(options, database.urls[schema].ownerUrl);
  }
  makeCerts('init', before, 'Example');
  cpSync(before, authority, { recursive: true });
  makeCerts('roll', authority, 'Example');
}, 120_000);
afterAll(() => postgres?.stop());

describe('devices by the root that their newest certificate is under', () => {
  beforeAll(async () => {
    await device('came over', [before, authority], { days: 0, presence: 'online' });
    await device('is late', [before], { days: 1, presence: 'online' });
    await device('sleeps', [before], { days: 200 });
    await device('was retired', [before], { days: 2, retired: true });
    await device('was revoked', [before], { days: 2, revoked: true });
  }, 60_000);
  const found = (days = 30) =>
    deviceRoots(new DatabaseFacts(database.adminUrl), authorityParts(authority), days * DAY_MS);
  const rootIn = (file: string): string =>
    certificatesIn(readFileSync(join(authority, file), 'utf8'))[0]?.fingerprint256 ?? '';

  it('are counted once, without those that are gone', async () => {
    const { roots, issuers } = await found();
    expect(roots.get(rootIn('roots/root-2.crt'))).toMatchObject({ devices: 1, seen: 1 });
    expect(roots.get(rootIn('roots/root-1.crt'))).toMatchObject({ devices: 2, seen: 1 });
    expect(issuers.map(({ root, current, devices }) => ({ root, current, devices }))).toEqual([
      { root: 'roots/root-1.crt', current: false, devices: 2 },
      { root: 'roots/root-2.crt', current: true, devices: 1 },
    ]);
  });

  it('are named while they have not come, last seen first', async () => {
    const { late } = await found();
    expect(late.map(({ name, presence }) => [name, presence])).toEqual([
      ['is late', 'online'],
      ['sleeps', 'offline'],
    ]);
  });

  it('count as seen by the time that was asked for', async () => {
    const seen = async (days: number) => (await found(days)).roots.get(rootIn('roots/root-1.crt'))?.seen;
    expect([await seen(365), await seen(30), await seen(0.5)]).toEqual([2, 1, 0]);
  });

  it('stay known after the old root was retired', async () => {
    makeCerts('retire', authority);
    const { roots, late } = await found();
    expect(roots.get(rootIn('retired/root-1.crt'))).toMatchObject({ devices: 2 });
    expect(late).toHaveLength(2);
    renameSync(join(authority, 'retired/root-1.crt'), join(authority, 'roots/root-1.crt'));
  });

  it('are a reason to wait, in words', async () => {
    const { roots, issuers, late } = await found();
    const parts = authorityParts(authority).filter(({ kind }) => kind === 'current' || kind === 'old');
    const status = {
      state: 'rolling' as const,
      roots: parts.map(({ file, kind, certificate }) => ({
        ...{ file, subject: certificate.subject, sha256: digestOf(certificate), from: '', until: '2046-01-01' },
        state: kind === 'current' ? ('current' as const) : ('old' as const),
        ...(roots.get(certificate.fingerprint256) ?? { devices: 0, seen: 0 }),
      })),
      servers: [{ server: 'itsm' as const, at: '127.0.0.1:443', own: true, underCurrent: true }],
      devices: { issuers, late },
    };
    expect(reasonsToWait(status, false)).toEqual(['1 device has a certificate under it (is late).']);
    expect(statusInWords(status)).toMatch(/Not yet under the newest root[\s\S]+is late +online[\s\S]+sleeps +offline/);
    const unreachable = [...status.servers, { server: 'xmpp' as const, at: '192.0.2.2:443' }];
    const reasons = (joined: boolean) => reasonsToWait({ ...status, servers: unreachable }, joined).length;
    expect([reasons(false), reasons(true)]).toEqual([2, 1]);
  });
});
