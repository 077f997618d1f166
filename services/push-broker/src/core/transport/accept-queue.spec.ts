import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '@muster/testing';
import { expect, it } from 'vitest';
import { AcceptQueue } from './accept-queue';

function queue(perSecond: number) {
  const begun: number[] = [];
  const waiting = new AcceptQueue(perSecond);
  const add = (number: number, socket = new Socket()): Socket => {
    waiting.add(socket, () => begun.push(number));
    return socket;
  };
  return { waiting, begun, add };
}

it('begins in the order of arrival, a few in each turn of the event loop', async () => {
  const { waiting, begun, add } = queue(0);
  for (let number = 0; number < 100; number++) add(number);
  await turn();
  expect(begun.length).toBeGreaterThan(0);
  expect(begun.length).toBeLessThan(50);
  await eventually(() => waiting.length === 0);
  expect(begun).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

it('takes a crowd in first while it is still coming, and goes on without pauses when all are there', async () => {
  const { waiting, begun, add } = queue(0);
  const started = performance.now();
  // As libuv brings them: one in each turn.
  for (let number = 0; number < 2000; number++) {
    add(number);
    await turn();
    // Sixteen at once, then sixteen for each pause; one millisecond is what timers may be early by.
    expect(begun.length).toBeLessThanOrEqual(16 * (2 + (performance.now() - started) / 4));
  }
  const left = waiting.length;
  expect(left).toBeGreaterThan(16);
  const turnsFor = async (count: number): Promise<number> => {
    let turns = 0;
    for (; waiting.length > count; turns++) await turn();
    return turns;
  };
  // The last pause has to end first; then there is none between one handful and the next.
  await turnsFor(left - 16);
  expect(await turnsFor(0)).toBeLessThan(left);
  expect(begun).toHaveLength(2000);
});

it('keeps to the rate, loses nobody, and leaves out who has gone', async () => {
  const { waiting, begun, add } = queue(100);
  const started = performance.now();
  const sockets = Array.from({ length: 40 }, (_, number) => add(number));
  sockets[30]?.destroy();
  await eventually(() => begun.length === 39);
  // Five at once, the rest at a hundred a second; timers are never early.
  expect(performance.now() - started).toBeGreaterThan(300);
  expect(waiting.length).toBe(0);
  expect(begun).toEqual(Array.from({ length: 40 }, (_, number) => number).filter((number) => number !== 30));
});

it('forgets who waits when it is cleared', async () => {
  const { waiting, begun, add } = queue(0);
  add(1);
  waiting.clear();
  await turn();
  expect([begun, waiting.length]).toEqual([[], 0]);
});
