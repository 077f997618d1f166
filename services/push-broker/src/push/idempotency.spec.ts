import { eventually } from '@muster/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRecords } from '../testing/memory-records';
import { AnswerRecords } from './answer-records';
import type { PushReply } from './http/reply';
import { Idempotency, idempotencyKey } from './idempotency';

const DAY = 24 * 3600;

function counting(reply = 'done') {
  let times = 0;
  return { work: (): PushReply => ({ status: 200, body: `${reply} ${++times}` }), times: () => times };
}

it('does the same request once, and gives the first answer again', async () => {
  const kept = new Idempotency({ seconds: DAY, bytes: 100_000 });
  const { work, times } = counting();
  const first = await kept.once('a', 'k', ['/push', 'x'], work);
  const again = await kept.once('a', 'k', ['/push', 'x'], work);
  expect(first).toEqual({ status: 200, body: 'done 1' });
  expect(again).toEqual({ status: 200, body: 'done 1', headers: { 'idempotency-replayed': 'true' } });
  expect(times()).toBe(1);
});

it('refuses another request with the key, and knows callers apart', async () => {
  const kept = new Idempotency({ seconds: DAY, bytes: 100_000 });
  const { work, times } = counting();
  await kept.once('a', 'k', ['/push', 'x'], work);
  for (const other of [
    ['/push', 'y'],
    ['/push/batch', 'x'],
    ['/pushx', ''],
  ])
    await expect(kept.once('a', 'k', other, work)).rejects.toMatchObject({
      code: 'idempotency-key-reused',
      status: 422,
    });
  expect((await kept.once('b', 'k', ['/push', 'y'], work)).body).toBe('done 2');
  expect(times()).toBe(2);
});

it('lets repetitions wait for the first one', async () => {
  const kept = new Idempotency({ seconds: DAY, bytes: 100_000 });
  let finish: (reply: PushReply) => void = () => undefined;
  let times = 0;
  const work = (): Promise<PushReply> => {
    times++;
    return new Promise((resolve) => (finish = resolve));
  };
  const all = [1, 2, 3].map(() => kept.once('a', 'k', ['x'], work));
  await Promise.resolve();
  await expect(kept.once('a', 'k', ['y'], work)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  finish({ status: 200, body: 'late' });
  expect((await Promise.all(all)).map(({ body }) => body)).toEqual(['late', 'late', 'late']);
  expect(times).toBe(1);
});

it('keeps no failure: it can be tried again', async () => {
  const kept = new Idempotency({ seconds: DAY, bytes: 100_000 });
  const { work } = counting();
  const fails = async (): Promise<PushReply> => Promise.reject(new Error('away'));
  const both = [kept.once('a', 'k', ['x'], fails), kept.once('a', 'k', ['x'], work)];
  expect(await Promise.allSettled(both)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect((await kept.once('a', 'k', ['x'], work)).body).toBe('done 1');
});

it('forgets after its time, also whose caller never comes back', async () => {
  let now = 0;
  const kept = new Idempotency({ seconds: DAY, bytes: 100_000 }, () => now);
  const { work, times } = counting();
  await kept.once('a', 'k', ['x'], work);
  now = DAY * 1000 - 1;
  await kept.once('a', 'k', ['x'], work);
  expect(times()).toBe(1);
  now = DAY * 1000;
  kept.sweep();
  expect(kept.size).toBe(0);
  await kept.once('a', 'k', ['y'], work);
  expect(times()).toBe(2);
});

it('keeps no more bytes for a caller than it may: the oldest go', async () => {
  const kept = new Idempotency({ seconds: DAY, bytes: 20_000 });
  const { work, times } = counting('x'.repeat(1000));
  await kept.once('quiet', 'k', ['x'], work);
  for (let n = 0; n < 100; n++) await kept.once('busy', `k${n}`, ['x'], work);
  expect(kept.size).toBeLessThan(20);
  const before = times();
  await kept.once('busy', 'k99', ['x'], work);
  await kept.once('quiet', 'k', ['x'], work);
  expect(times()).toBe(before);
  await kept.once('busy', 'k0', ['x'], work);
  expect(times()).toBe(before + 1);
});

describe('over a restart', () => {
  let records: MemoryRecords;
  let faults: unknown[];
  beforeEach(() => {
    records = new MemoryRecords();
    faults = [];
  });
  /** As after a start of the broker. */
  function started(bytes = 100_000): Idempotency {
    records.forgetListeners();
    const store = new AnswerRecords(records, (error) => faults.push(error));
    return new Idempotency({ seconds: DAY, bytes }, Date.now, store);
  }

  it('gives the answer again that it gave before', async () => {
    const before = started();
    records.link();
    const { work, times } = counting();
    await before.once('a caller', 'k', ['x'], work);

    const after = started();
    // What was done before the start is not known at once, and then it is waited for.
    const again = after.once('a caller', 'k', ['x'], work);
    records.link();
    expect(await again).toEqual({ status: 200, body: 'done 1', headers: { 'idempotency-replayed': 'true' } });
    await expect(after.once('a caller', 'k', ['y'], work)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect((await after.once('another caller', 'k', ['x'], work)).body).toBe('done 2');
    expect(times()).toBe(2);
    expect(faults).toEqual([]);
  });

  it('does nothing twice while it cannot know', async () => {
    const before = started();
    records.link();
    const { work, times } = counting();
    await before.once('a', 'k', ['x'], work);
    const after = started();
    await expect(after.once('a', 'k', ['x'], work)).rejects.toMatchObject({ code: 'unavailable' });
    records.link();
    await after.once('a', 'other', ['x'], work);
    records.away = true;
    await expect(after.once('a', 'k', ['x'], work)).rejects.toThrow('away');
    // What is done now is done, though it is not kept.
    expect((await after.once('a', 'new', ['x'], work)).body).toBe('done 3');
    expect((await after.once('a', 'new', ['x'], work)).body).toBe('done 3');
    records.away = false;
    expect((await after.once('a', 'k', ['x'], work)).body).toBe('done 1');
    expect(times()).toBe(3);
  });

  it('does again what was begun and not known to be done, with the seed that it had', async () => {
    const seeds: string[] = [];
    const seen = (seed: string): PushReply => ({ status: 200, body: String(seeds.push(seed)) });
    const before = started();
    records.link();
    // The broker ends while the work is being done: it is never told of its end.
    void before.once('a', 'k', ['x'], (seed) => new Promise<PushReply>(() => seen(seed)));
    await eventually(() => seeds.length === 1);
    await before.once('a', 'other', ['x'], seen);

    const after = started();
    records.link();
    await expect(after.once('a', 'k', ['y'], seen)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    const both = await Promise.all([after.once('a', 'k', ['x'], seen), after.once('a', 'k', ['x'], seen)]);
    expect(both).toEqual([
      { status: 200, body: '3' },
      { status: 200, body: '3', headers: { 'idempotency-replayed': 'true' } },
    ]);
    expect(seeds[2]).toBe(seeds[0]);
    expect(seeds[1]).not.toBe(seeds[0]);
    // From here on it is known to be done, and kept once.
    await eventually(() => records.keys.length === 2);
    const last = started();
    records.link();
    expect((await last.once('a', 'k', ['x'], seen)).body).toBe('3');
    expect(seeds).toHaveLength(3);
    expect(faults).toEqual([]);
  });

  it('forgets what was begun and then refused', async () => {
    const before = started();
    records.link();
    const refused = async (): Promise<PushReply> => Promise.reject(new Error('refused'));
    await expect(before.once('a', 'k', ['x'], refused)).rejects.toThrow('refused');
    await eventually(() => records.keys.length === 0);
  });

  it('keeps no more than before it: what goes from memory goes from there', async () => {
    const before = started(20_000);
    records.link();
    const { work } = counting('x'.repeat(1000));
    for (let n = 0; n < 100; n++) await before.once('busy', `k${n}`, ['x'], work);
    await eventually(() => records.keys.length < 20);
    const after = started(5_000);
    records.link();
    await after.once('busy', 'k99', ['x'], work);
    await eventually(() => records.keys.length < 5);
  });
});

it('reads keys with and without the quotes of a structured header', () => {
  expect(idempotencyKey('"8e03978e-40d5"')).toBe('8e03978e-40d5');
  expect(idempotencyKey('8e03978e-40d5')).toBe('8e03978e-40d5');
  for (const wrong of ['', '""', '"a', 'a b', `${'a'.repeat(256)}`, 'ä'])
    expect(() => idempotencyKey(wrong), wrong).toThrow('Idempotency-Key');
});
