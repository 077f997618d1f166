import { startPostgres, type TestPostgres } from '@muster/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../database';
import { openDatabase } from '../database.lifecycle';
import type { DatabaseLog } from '../database.options';
import { newId } from '../identifier';
import { MEASUREMENTS } from '../testing/measurements.fixture';
import { MOST_RANGES, type Numbered, takeNew } from './receipts';

let postgres: TestPostgres;
let source: DataSource;
let database: Database;
let organisation: string;
const warnings: object[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  const { urls } = await postgres.createDatabase(['core']);
  const log: DatabaseLog = (level, fields) => void (level === 'warn' && warnings.push(fields));
  source = await openDatabase(MEASUREMENTS, { ...urls.core, poolSize: 8, log });
  database = new Database('core', source);
});
afterAll(async () => {
  await source?.destroy();
  await postgres?.stop();
});
beforeEach(() => void (organisation = newId()));

const take = <T extends Numbered>(reports: T[], inside: () => Promise<void> = async () => undefined): Promise<T[]> =>
  database.inOrganisation(organisation, async (manager) => {
    const taken = await takeNew(manager, 'core', organisation, reports);
    await inside();
    return taken;
  });
const spool = (deviceId = newId(), id = newId()) => ({
  reports: (...numbers: number[]): Numbered[] => numbers.map((sequence) => ({ deviceId, spool: id, sequence })),
});
const numbers = (reports: Numbered[]): number[] => reports.map(({ sequence }) => sequence);
const received = async (): Promise<string[]> => {
  const rows: Array<{ received: string }> = await database.inOrganisation(organisation, (manager) =>
    manager.query('SELECT received::text FROM core.receipts'),
  );
  return rows.map((row) => row.received);
};

/** Repeatable numbers between 0 and 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('takeNew', () => {
  it('gives each report once, in the order given, also when it comes twice in one call', async () => {
    const one = spool();
    expect(numbers(await take(one.reports(3, 1, 3, 2, 1)))).toEqual([3, 1, 2]);
    expect(numbers(await take(one.reports(2, 4, 4, 3)))).toEqual([4]);
    expect(await take([])).toEqual([]);
  });

  it('gives back the very objects of the caller', async () => {
    const report = { deviceId: newId(), spool: newId(), sequence: 1, value: 7 };
    expect((await take([report]))[0]).toBe(report);
  });

  it('tells devices, spools and organisations apart', async () => {
    const id = newId();
    const ours = spool(newId(), id).reports(1);
    expect(await take(ours)).toHaveLength(1);
    expect(await take(spool(newId(), id).reports(1))).toHaveLength(1);
    expect(await take(spool().reports(1))).toHaveLength(1);
    organisation = newId();
    expect(await take(ours)).toHaveLength(1);
  });

  it('keeps a week of numbers as one stretch, and the row does not grow with resends', async () => {
    const one = spool();
    for (let first = 1; first <= 10_000; first += 500) {
      await take(one.reports(...Array.from({ length: 500 }, (_, offset) => first + offset)));
    }
    expect(await received()).toEqual(['{[1,10001)}']);
    expect(await take(one.reports(1, 5000, 10_000))).toEqual([]);
    expect(await received()).toEqual(['{[1,10001)}']);
  });

  it('knows a spool however its identifiers are written', async () => {
    const [deviceId, id] = [newId(), newId()];
    const both = [
      ...spool(deviceId, id).reports(1, 2),
      ...spool(deviceId.toUpperCase(), id.toUpperCase()).reports(2, 3),
    ];
    expect(numbers(await take(both))).toEqual([1, 2, 3]);
    expect(await received()).toEqual(['{[1,4)}']);
  });

  it('takes the largest number that a contract allows', async () => {
    const one = spool();
    expect(await take(one.reports(Number.MAX_SAFE_INTEGER, 1))).toHaveLength(2);
    expect(await take(one.reports(Number.MAX_SAFE_INTEGER))).toEqual([]);
  });

  it('forgets what a transaction took that did not commit', async () => {
    const one = spool();
    const failing = take(one.reports(1, 2), () => Promise.reject(new Error('disk full')));
    await expect(failing).rejects.toThrow('disk full');
    expect(numbers(await take(one.reports(1, 2)))).toEqual([1, 2]);
  });

  it('closes the oldest gaps of a spool that has too many, and says of which', async () => {
    const [deviceId, id] = [newId(), newId()];
    const one = spool(deviceId, id);
    const odd = Array.from({ length: MOST_RANGES + 500 }, (_, index) => index * 2 + 1);
    for (let at = 0; at < odd.length; at += 500) await take(one.reports(...odd.slice(at, at + 500)));
    const [text = ''] = await received();
    expect(text.match(/\[/g)).toHaveLength(MOST_RANGES);
    expect(await take(one.reports(2, 500))).toEqual([]);
    expect(numbers(await take(one.reports(odd.length * 2 - 2, odd.length * 2)))).toHaveLength(2);
    expect(warnings.at(-1)).toEqual({ organisationId: organisation, deviceId, spool: id, mostRanges: MOST_RANGES });
    const told = warnings.length;
    await take(spool(deviceId).reports(1, 3, 5));
    expect(warnings).toHaveLength(told);
  });

  it('is a set, whatever comes in whatever order', async () => {
    const next = random(20_261_121);
    const pick = (most: number): number => Math.floor(next() * most);
    const spools = Array.from({ length: 4 }, () => spool());
    const known = spools.map(() => new Set<number>());
    for (let turn = 0; turn < 150; turn += 1) {
      const batch = Array.from({ length: 1 + pick(60) }, () => ({ which: pick(4), sequence: 1 + pick(600) }));
      const given = batch.flatMap(({ which, sequence }) => spools[which]?.reports(sequence) ?? []);
      const expected = batch.filter(({ which, sequence }) => {
        const seen = known[which]?.has(sequence);
        known[which]?.add(sequence);
        return !seen;
      });
      expect(numbers(await take(given))).toEqual(numbers(expected as unknown as Numbered[]));
    }
  });
});

describe('takeNew in transactions that run together', () => {
  it('gives a report to one of them, and makes the other wait for the first', async () => {
    const one = spool();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let locked = (): void => undefined;
    const hasLocked = new Promise<void>((resolve) => (locked = resolve));
    const first = take(one.reports(1, 2, 3), () => (locked(), held));
    await hasLocked;
    const second = take(one.reports(2, 3, 4));
    const other = await take(spool().reports(1));
    expect(other).toHaveLength(1);
    release();
    expect(numbers(await first)).toEqual([1, 2, 3]);
    expect(numbers(await second)).toEqual([4]);
  });

  it('gives it to the second when the first fails', async () => {
    const one = spool();
    let fail = (_error: Error): void => undefined;
    const held = new Promise<void>((_resolve, reject) => (fail = reject));
    let locked = (): void => undefined;
    const hasLocked = new Promise<void>((resolve) => (locked = resolve));
    const first = take(one.reports(1), () => (locked(), held));
    await hasLocked;
    const second = take(one.reports(1));
    fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(await second).toHaveLength(1);
  });

  it('neither loses nor doubles one, and waits for nobody for ever, in whatever order they name the spools', async () => {
    const next = random(7);
    const spools = Array.from({ length: 30 }, () => spool());
    const all = spools.flatMap((one) => one.reports(1, 2, 3, 4, 5));
    const shuffled = (): Numbered[] =>
      all
        .filter(() => next() < 0.6)
        .map((report) => ({ report, place: next() }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ report }) => report);
    const batches = [...Array.from({ length: 40 }, shuffled), all];
    const taken = await Promise.all(batches.map((batch) => take(batch)));
    const keys = taken.flat().map((report) => `${report.spool} ${report.sequence}`);
    expect(keys).toHaveLength(all.length);
    expect(new Set(keys).size).toBe(all.length);
  });
});
