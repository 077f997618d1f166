import { eventually, type SchemaUrls, startPostgres, type TestPostgres } from '@muster/testing';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database } from '../database';
import { openDatabase } from '../database.lifecycle';

import { newId } from '../identifier';
import { NOTES, noteWritten } from '../testing/notes.fixture';
import { Outbox } from './outbox';
import { OutboxReader } from './outbox-reader';

let postgres: TestPostgres;
let urls: SchemaUrls;
const closing: Array<() => Promise<unknown>> = [];

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(async () => postgres?.stop());
beforeEach(async () => void (urls = (await postgres.createDatabase(['core'])).urls.core));
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** One process of the service: its database, outbox and relay side. */
async function instance(): Promise<{ database: Database; outbox: Outbox; reader: OutboxReader; wakes: () => number }> {
  const source: DataSource = await openDatabase(NOTES, urls);
  const outbox = new Outbox(() => 'correlation-1');
  const reader = new OutboxReader('core', urls, outbox);
  let woken = 0;
  reader.onAdded(() => (woken += 1));
  closing.push(
    () => reader.close(),
    () => source.destroy(),
  );
  return { database: new Database('core', source), outbox, reader, wakes: () => woken };
}

const add = ({ database, outbox }: Awaited<ReturnType<typeof instance>>, ...titles: string[]): Promise<void> =>
  database.unscoped(async (manager) => {
    for (const title of titles) await outbox.add(manager, noteWritten, { noteId: newId(), title });
  });
const titlesOf = (rows: Array<{ payload: unknown }>): unknown[] =>
  rows.map((row) => (row.payload as { title: string }).title);

it('hands out committed events in order until they are settled', async () => {
  const one = await instance();
  await add(one, 'first', 'second');
  await add(one, 'third');
  const rows = await one.reader.claim(2);
  expect(titlesOf(rows)).toEqual(['first', 'second']);
  expect(rows[0]).toMatchObject({ subject: noteWritten.subject, correlationId: 'correlation-1' });
  expect(titlesOf(await one.reader.claim(10))).toEqual(['first', 'second', 'third']);
  await one.reader.settle(rows.map((row) => row.id));
  expect(titlesOf(await one.reader.claim(10))).toEqual(['third']);
});

it('knows nothing of a transaction that was rolled back', async () => {
  const one = await instance();
  await one.reader.claim(1);
  const failing = one.database.unscoped(async (manager) => {
    await one.outbox.add(manager, noteWritten, { noteId: newId(), title: 'never' });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect(await one.reader.claim(10)).toEqual([]);
  expect(one.wakes()).toBe(0);
});

it('lets one process relay, wakes it for the commits of the other, and moves on when it dies', async () => {
  const [leader, other] = [await instance(), await instance()];
  expect(await leader.reader.claim(1)).toEqual([]);
  expect(await other.reader.claim(1)).toEqual([]);
  await add(other, 'from the other');
  await eventually(() => leader.wakes() > 0);
  expect(titlesOf(await leader.reader.claim(10))).toEqual(['from the other']);
  expect(await other.reader.claim(10)).toEqual([]);
  await leader.reader.close();
  const taken = await eventually(async () => {
    const rows = await other.reader.claim(10);
    return rows.length > 0 && rows;
  });
  expect(titlesOf(taken)).toEqual(['from the other']);
});

it('takes durable events only, and only within a transaction', async () => {
  const one = await instance();
  const ephemeral = { ...noteWritten, delivery: 'ephemeral' as const };
  await expect(
    one.database.unscoped((manager) => one.outbox.add(manager, ephemeral, { noteId: newId(), title: 'x' })),
  ).rejects.toThrow(/publish it/);
});
