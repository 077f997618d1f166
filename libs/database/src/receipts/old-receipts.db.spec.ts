import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database } from '../database';
import { openDatabase } from '../database.lifecycle';
import { newId } from '../identifier';
import { MEASUREMENTS } from '../testing/measurements.fixture';
import { removeOldReceipts } from './old-receipts';
import { takeNew } from './receipts';

let postgres: TestPostgres;
let testDatabase: TestDatabase<'core'>;
let source: DataSource;
let database: Database;
let admin: Client;
beforeAll(async () => {
  postgres = await startPostgres();
  testDatabase = await postgres.createDatabase(['core']);
  source = await openDatabase(MEASUREMENTS, { ...testDatabase.urls.core, poolSize: 8 });
  database = new Database('core', source);
  admin = new Client({ connectionString: testDatabase.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await source?.destroy();
  await postgres?.stop();
});
beforeEach(() => admin.query('TRUNCATE core.receipts'));

const take = (organisation: string, deviceId: string, spool: string, inside = async (): Promise<void> => undefined) =>
  database.inOrganisation(organisation, async (manager) => {
    const taken = await takeNew(manager, 'core', organisation, [{ deviceId, spool, sequence: 1 }]);
    await inside();
    return taken.length;
  });
const age = (spool: string, days: number) =>
  admin.query(`UPDATE core.receipts SET touched_at = now() - make_interval(days => $2) WHERE spool = $1`, [
    spool,
    days,
  ]);
const spools = async (): Promise<string[]> =>
  (await admin.query<{ spool: string }>('SELECT spool FROM core.receipts ORDER BY spool')).rows.map((row) => row.spool);

it('removes what nothing new came of for so long, in every organisation, in several rounds, and nothing else', async () => {
  const kept: string[] = [];
  for (const organisation of [newId(), newId()]) {
    for (let count = 0; count < 11; count += 1) {
      const [device, old, young] = [newId(), newId(), newId()];
      await take(organisation, device, old);
      await take(organisation, device, young);
      await age(old, 401);
      await age(young, 399);
      kept.push(young);
    }
  }
  expect(await removeOldReceipts(database, 'core', { keepDays: 400, batch: 3 })).toBe(22);
  expect(await spools()).toEqual(kept.toSorted());
  expect(await removeOldReceipts(database, 'core', { keepDays: 400, batch: 3 })).toBe(0);
});

it('leaves a row that a report is being marked in, and one that was touched before it could be removed', async () => {
  const [organisation, device, busy] = [newId(), newId(), newId()];
  await take(organisation, device, busy);
  await age(busy, 500);
  const holder = new Client({ connectionString: testDatabase.adminUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('UPDATE core.receipts SET touched_at = now() WHERE spool = $1', [busy]);
    expect(await removeOldReceipts(database, 'core', { keepDays: 400 })).toBe(0);
    await holder.query('COMMIT');
  } finally {
    await holder.end();
  }
  expect(await removeOldReceipts(database, 'core', { keepDays: 400 })).toBe(0);
  expect(await take(organisation, device, busy)).toBe(0);
});

it('never makes a call take or lose a report while rows go under it', async () => {
  const organisation = newId();
  const keys = Array.from({ length: 20 }, () => ({ deviceId: newId(), spool: newId() }));
  const reports = (sequence: number) => keys.map((key) => ({ ...key, sequence }));
  for (let sequence = 1; sequence <= 30; sequence += 1) {
    await admin.query(`UPDATE core.receipts SET touched_at = now() - interval '500 days' WHERE random() < 0.5`);
    const taking = database.inOrganisation(organisation, (manager) =>
      takeNew(manager, 'core', organisation, reports(sequence)),
    );
    const [taken] = await Promise.allSettled([taking, removeOldReceipts(database, 'core', { keepDays: 400 })]);
    // Removed at that very moment: the transaction is undone as a whole, and succeeds when it comes again.
    if (taken.status === 'rejected') {
      expect(taken.reason).toMatchObject({ code: 'unavailable' });
      sequence -= 1;
    } else expect(taken.value).toHaveLength(keys.length);
  }
  const { rows } = await admin.query<{ all: boolean }>(
    'SELECT bool_and(received @> 30::int8) AS all FROM core.receipts',
  );
  expect(rows).toEqual([{ all: true }]);
});
