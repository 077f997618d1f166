import { startPostgres, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../database';
import { openDatabase } from '../database.lifecycle';
import { findDrift } from '../drift';
import { newId } from '../identifier';
import { Line, Measurement, MEASUREMENTS } from '../testing/measurements.fixture';
import { maintainPartitions, type Maintained, timePartitions } from './time-partitions';

const DAY = 86_400_000;
const OURS = newId();

let postgres: TestPostgres;
let urls: { url: string; ownerUrl: string };
let source: DataSource;
let database: Database;
let owner: Client;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(async () => postgres?.stop());
beforeEach(async () => {
  urls = (await postgres.createDatabase(['core'])).urls.core;
  source = await openDatabase(MEASUREMENTS, urls);
  database = new Database('core', source);
  owner = new Client({ connectionString: urls.ownerUrl });
  await owner.connect();
});
afterEach(async () => {
  await owner.end();
  await source.destroy();
});

const maintain = (keepDays: number, aheadDays = 2, table = 'measurement'): Promise<Maintained> =>
  database.unscoped((manager) => maintainPartitions(manager, 'core', table, { keepDays, aheadDays }));
const store = (at: Date): Promise<unknown> =>
  database.inOrganisation(OURS, (manager) => manager.insert(Measurement, { organisationId: OURS, at, value: 1 }));
const stored = (): Promise<number> => database.inOrganisation(OURS, (manager) => manager.count(Measurement));
const ago = (days: number): Date => new Date(Date.now() - days * DAY);
const nameOf = (at: Date): string => `measurement_${at.toISOString().slice(0, 10).replaceAll('-', '')}`;

describe('maintainPartitions', () => {
  it('makes a partition for every day that is kept and some ahead, once', async () => {
    const { created, dropped } = await maintain(3);
    expect(created).toEqual([3, 2, 1, 0, -1, -2].map((days) => nameOf(ago(days))));
    expect(dropped).toEqual([]);
    for (const days of [3, 1, 0, -2]) await store(ago(days));
    expect(await stored()).toBe(4);
    expect(await maintain(3)).toEqual({ created: [], dropped: [] });
    await expect(store(ago(5))).rejects.toThrow(/no partition of relation/);
  });

  it('drops what is wholly older than what is kept, with its rows, and nothing else', async () => {
    await maintain(6);
    for (const days of [6, 4, 0]) await store(ago(days));
    const { dropped } = await maintain(2);
    expect(dropped).toEqual([6, 5, 4, 3].map((days) => nameOf(ago(days))));
    expect(await stored()).toBe(1);
    await store(ago(2));
  });

  it('cuts by the time within a UUIDv7', async () => {
    await maintain(30, 31, 'line');
    const month = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 1));
    const idAt = (at: number): string => {
      const hex = at.toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
    };
    const ids = [newId(), idAt(month.getTime()), idAt(month.getTime() - 1)];
    await database.inOrganisation(OURS, (manager) =>
      manager.insert(
        Line,
        ids.map((id) => ({ organisationId: OURS, id })),
      ),
    );
    const { rows } = await owner.query(
      `SELECT relname FROM pg_class WHERE relname ~ '^line_[0-9]{8}$' ORDER BY relname`,
    );
    const current = `line_${month.toISOString().slice(0, 10).replaceAll('-', '')}`;
    expect(rows.map((row) => row.relname)).toContain(current);
    const places = await owner
      .query(`SET ROLE muster_core_owner; ALTER TABLE core.line NO FORCE ROW LEVEL SECURITY`)
      .then(() => owner.query(`SELECT id, tableoid::regclass::text AS place FROM core.line`));
    const placeOf = new Map(places.rows.map((row) => [row.id, row.place]));
    expect(placeOf.get(ids[0])).toBe(`core.${current}`);
    expect(placeOf.get(ids[1])).toBe(`core.${current}`);
    expect(placeOf.get(ids[2])).not.toBe(`core.${current}`);
    await expect(maintain(29, 0, 'line')).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('lets several instances call it at once', async () => {
    const all = await Promise.all([maintain(3), maintain(3), maintain(3)]);
    expect(all.flatMap(({ created }) => created)).toHaveLength(6);
  });

  it('does not wait for those who write, to make partitions; leaves for later what somebody reads, to drop', async () => {
    await maintain(6);
    await store(ago(6));
    await store(ago(0));
    await owner.query('BEGIN');
    await owner.query('SELECT count(*) FROM core.measurement');
    const { created, dropped } = await maintain(2, 4);
    expect(created).toEqual([nameOf(ago(-3)), nameOf(ago(-4))]);
    expect(dropped).toEqual([]);
    await owner.query('COMMIT');
    expect((await maintain(2, 4)).dropped).toHaveLength(4);
    expect(await stored()).toBe(1);
  });
});

describe('the wall of a table in partitions', () => {
  it('holds: partitions are reached through their parent only', async () => {
    await maintain(1);
    await store(ago(0));
    expect(await database.inOrganisation(newId(), (manager) => manager.count(Measurement))).toBe(0);
    const partition = `core.${nameOf(ago(0))}`;
    for (const sql of [`SELECT * FROM ${partition}`, `DELETE FROM ${partition}`, `DROP TABLE ${partition}`]) {
      await expect(database.unscoped((manager) => manager.query(sql))).rejects.toThrow(
        /permission denied|must be owner/,
      );
    }
    await expect(
      database.across('test.partition', (manager) => manager.query(`SELECT * FROM ${partition}`)),
    ).rejects.toThrow(/permission denied/);
    expect(await database.across('test.parent', (manager) => manager.count(Measurement))).toBe(1);
  });

  it('gives the function to the service alone, whatever search path it is called with', async () => {
    const { rows } = await owner.query(
      `SELECT p.proname, p.prosecdef, p.proconfig::text AS config, has_function_privilege('public', p.oid, 'EXECUTE') AS everybody,
              has_function_privilege('muster_core_app', p.oid, 'EXECUTE') AS app
         FROM pg_proc p WHERE p.pronamespace = 'core'::regnamespace ORDER BY p.proname`,
    );
    expect(rows.map((row) => [row.proname, row.prosecdef, row.everybody, row.app])).toEqual([
      ['maintain_line', true, false, true],
      ['maintain_line_bound', false, false, false],
      ['maintain_measurement', true, false, true],
      ['maintain_measurement_bound', false, false, false],
    ]);
    expect(rows.every((row) => row.config.includes('search_path=pg_catalog, pg_temp'))).toBe(true);
    const { created } = await database.unscoped(async (manager) => {
      await manager.query(
        `CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2001-01-01'::timestamptz $$;
         SET LOCAL search_path = pg_temp, core; SET LOCAL timezone = 'Pacific/Kiritimati'`,
      );
      return maintainPartitions(manager, 'core', 'measurement', { keepDays: 1, aheadDays: 0 });
    });
    expect(created).toEqual([nameOf(ago(1)), nameOf(ago(0))]);
  });

  it('is what findDrift looks at, with partitions and receipts there', async () => {
    await maintain(2);
    await maintain(30, 0, 'line');
    const drift = (): Promise<string[]> => findDrift({ ...MEASUREMENTS, ownerUrl: urls.ownerUrl });
    expect(await drift()).toEqual([]);
    await owner.query(`GRANT SELECT ON core.${nameOf(ago(0))} TO muster_core_app`);
    expect(await drift()).toEqual([expect.stringMatching(/a partition has grants of its own/)]);
  });
});

it('refuses to keep no day at all', () => {
  expect(() => timePartitions('core', 'x', { span: 'day', key: 'timestamptz', leastDays: 0 })).toThrow(
    /at least one day/,
  );
});
