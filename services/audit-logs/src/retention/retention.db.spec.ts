import { newId } from '@muster/database';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AuditHead, AuditHeadPayload } from '@muster/contracts';
import { Database } from '@muster/database';
import { storeHead } from '../heads/head.queries';
import { AuditUnderTest } from '../testing/audit-under-test';
import { someDrafts } from '../testing/drafts';
import { Tampering } from '../testing/tampering';
import { Retention } from './retention';

const DAY_MS = 86_400_000;

let suite: AuditUnderTest;
let organisation: string;
let tampering: Tampering;
beforeAll(async () => {
  suite = await AuditUnderTest.start({ since: new Date(Date.now() - 300 * DAY_MS) });
  await suite.startAudit({ AUDIT_DAYS: '100', RETENTION_BATCH: '30' });
});
afterAll(() => suite?.stop());
beforeEach(() => {
  organisation = newId();
  tampering = new Tampering(suite, organisation);
  suite.keyManager.people.set(organisation, { role: 'owner', organisationId: organisation });
});

/** Appends entries as of some days ago, with a head that was signed and stored then. */
async function daysAgo(days: number, count: number): Promise<void> {
  const at = Date.now() - days * DAY_MS;
  await suite.append(organisation, someDrafts(count, { at }));
  const [end] = (await tampering.run(
    `SELECT last_number::int AS number, encode(last_hash, 'hex') AS hash FROM audit.chains WHERE organisation_id = $1`,
  )) as Array<{ number: number; hash: string }>;
  const { number = 0, hash = '' } = end ?? {};
  const payload: AuditHeadPayload = {
    purpose: 'audit-head',
    organisationId: organisation,
    number,
    hash,
    at: new Date(at).toISOString(),
  };
  const head: AuditHead = suite.keyManager.head(payload, suite.authority);
  await suite.app
    .get(Database)
    .inOrganisation(organisation, (manager) => storeHead(manager, organisation, { number, ...head }));
  await tampering.run(
    'UPDATE audit.heads SET stored_at = $3 WHERE organisation_id = $1 AND number = $2',
    number,
    new Date(at),
  );
}

const sweep = () => suite.app.get(Retention, { strict: false }).sweep();
const numbers = async () => (await suite.entries(organisation, organisation)).map(({ number }) => number);
const verify = () => suite.verify({}, organisation);

it('removes what is too old, up to a signed head, says so, and verify begins there', async () => {
  await daysAgo(200, 20);
  await daysAgo(150, 20);
  await daysAgo(110, 20);
  await daysAgo(50, 20);
  await suite.append(organisation, someDrafts(5));
  expect(await sweep()).toBe(60);
  expect(await sweep()).toBe(0);
  const left = await numbers();
  expect([left[0], left.filter((number) => number <= 85).length]).toEqual([61, 25]);
  const expired = (await suite.entries(organisation, organisation)).filter(({ action }) => action === 'audit.expired');
  expect(expired.map(({ target }) => target?.id)).toEqual(['20', '40', '60']);
  expect(expired[0]).toMatchObject({ actor: { kind: 'system' }, details: [{ name: 'removed', value: '20' }, {}] });
  expect(await verify()).toMatchObject({ intact: true, checkedFrom: 61, checkedTo: 88, headsChecked: 2 });
  // Whoever keeps entries longer from now on did nothing wrong before.
  const longer = await suite.startAudit({ AUDIT_DAYS: '3650' });
  suite.instances.reverse();
  expect(await verify()).toMatchObject({ intact: true, checkedFrom: 61 });
  await suite.stopAudit(longer);

  await tampering.alter(61);
  expect((await verify()).faults).toMatchObject([{ fault: 'altered', number: 61 }]);
  await tampering.remove(61, 80);
  expect((await verify()).faults).toMatchObject([{ fault: 'removed', number: 1 }]);
});

it('leaves what no head of that time covers', async () => {
  await suite.append(organisation, someDrafts(20, { at: Date.now() - 300 * DAY_MS }));
  expect(await sweep()).toBe(0);
  await daysAgo(99, 20);
  expect(await sweep()).toBe(0);
  expect(await numbers()).toHaveLength(40);
});

it('is refused by the database for anything younger than 30 days, whoever asks', async () => {
  await daysAgo(29, 20);
  const ask = (olderThan: Date) =>
    suite.app
      .get(Database)
      .inOrganisation(organisation, (manager) =>
        manager.query('SELECT * FROM audit.remove_expired($1, 1000)', [olderThan]),
      );
  await expect(ask(new Date())).rejects.toThrow(/30 days/);
  await expect(ask(new Date(Date.now() - 29 * DAY_MS))).rejects.toThrow(/30 days/);
  expect(await ask(new Date(Date.now() - 31 * DAY_MS))).toEqual([]);
  const forced = await suite.rows<{ forced: boolean }>(
    `SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid IN ('audit.entries'::regclass, 'audit.heads'::regclass)`,
  );
  expect(forced).toEqual([{ forced: true }, { forced: true }]);
});

it('goes on beside who appends and who reads', { timeout: 60_000 }, async () => {
  for (let days = 220; days > 200; days -= 1) await daysAgo(days, 20);
  const reader = new Client({ connectionString: suite.database.adminUrl });
  await reader.connect();
  let over = false;
  try {
    // An export that takes long: it holds its lock on the tables until it ends.
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM audit.entries');
    await reader.query('SELECT count(*) FROM audit.heads');
    const appending = [1, 2, 3].map(async () => {
      let appended = 0;
      while (!over) appended += await suite.append(organisation, someDrafts(1));
      return appended;
    });
    const removed = await sweep().finally(() => (over = true));
    const appended = await Promise.all(appending);
    expect(removed).toBe(400);
    expect(Math.min(...appended)).toBeGreaterThan(0);
  } finally {
    over = true;
    await reader.end();
  }
  expect(await verify()).toMatchObject({ intact: true, checkedFrom: 401 });
});

it('goes on with others when an organisation fails', async () => {
  const broken = organisation;
  await daysAgo(200, 5);
  await suite.rows(`CREATE FUNCTION audit.fails() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF OLD.organisation_id = '${broken}' THEN RAISE 'broken'; END IF; RETURN OLD; END $$`);
  await suite.rows('CREATE TRIGGER fails BEFORE DELETE ON audit.entries FOR EACH ROW EXECUTE FUNCTION audit.fails()');
  try {
    const others = [newId(), newId()];
    for (const id of others) {
      organisation = id;
      tampering = new Tampering(suite, id);
      suite.keyManager.people.set(id, { role: 'owner', organisationId: id });
      await daysAgo(200, 5);
    }
    expect(await sweep()).toBe(10);
  } finally {
    await suite.rows('DROP TRIGGER fails ON audit.entries');
    await suite.rows('DROP FUNCTION audit.fails()');
  }
  expect(await sweep()).toBe(5);
});

it('touches no other organisation', async () => {
  const other = newId();
  await suite.append(other, someDrafts(3, { at: Date.now() - 400 * DAY_MS }));
  await daysAgo(200, 5);
  expect(await sweep()).toBe(5);
  const [row] = await suite.rows<{ count: number }>(
    'SELECT count(*)::int AS count FROM audit.entries WHERE organisation_id = $1',
    [other],
  );
  expect(row?.count).toBe(3);
});

it('is told from a removal by somebody else', async () => {
  await daysAgo(1, 20);
  await suite.append(organisation, someDrafts(5));
  await tampering.remove(1, 20);
  expect((await verify()).faults).toMatchObject([{ fault: 'removed', number: 1 }]);
});

it('forgets spools of devices that nothing new came of, never sooner than their reports are too old', async () => {
  const [old, young] = [newId(), newId()];
  for (const [spool, days] of [
    [old, 410],
    [young, 408],
  ]) {
    await suite.rows(
      `INSERT INTO audit.receipts (organisation_id, device_id, spool, touched_at)
       VALUES ($1, $2, $3, now() - make_interval(days => $4))`,
      [organisation, newId(), spool, days],
    );
  }
  await suite.app.get(Retention, { strict: false }).forgetSpools();
  const left = await suite.rows<{ spool: string }>('SELECT spool FROM audit.receipts WHERE organisation_id = $1', [
    organisation,
  ]);
  expect(left).toEqual([{ spool: young }]);
});
