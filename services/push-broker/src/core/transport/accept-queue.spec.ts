import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '@muster/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { AcceptQueue } from './accept-queue';

afterEach(() => {
  vi.useRealTimers();
});

function queue(perSecond: number, atOnce = 0) {
  const begun: number[] = [];
  const done = new Map<number, () => void>();
  const waiting = new AcceptQueue({ perSecond, atOnce, countsMs: 250 });
  const add = (number: number, socket = new Socket()): Socket => {
    waiting.add(socket, (over) => {
      begun.push(number);
      done.set(number, over);
    });
    return socket;
  };
  return { waiting, begun, add, done: (number: number) => done.get(number)?.() };
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

it('takes a crowd in first while it is still coming, and goes on without pauses when all are there', () => {
  vi.useFakeTimers();
  const { waiting, begun, add } = queue(0);
  const oneTurn = (milliseconds = 0): unknown => vi.advanceTimersByTime(milliseconds);
  // As libuv brings them: one in each turn.
  for (let number = 0; number < 100; number++) {
    add(number);
    oneTurn();
  }
  expect([begun.length, waiting.length]).toEqual([16, 84]);
  oneTurn(5);
  expect(begun).toHaveLength(32);
  add(100);
  oneTurn(4);
  expect(begun).toHaveLength(32);
  oneTurn(1);
  expect(begun).toHaveLength(48);
  // Nobody came during this pause, so there is no further one. (What is due at once takes a millisecond on this clock.)
  oneTurn(5);
  for (let turns = 0; turns < 4; turns++) oneTurn(1);
  expect(begun).toHaveLength(101);
});

it('lets nobody wait who comes now and then', () => {
  vi.useFakeTimers();
  const { begun, add } = queue(0);
  for (let number = 1; number <= 50; number++) {
    add(number);
    vi.advanceTimersByTime(6);
    expect(begun).toHaveLength(number);
  }
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

it('begins one more for each that is over while enough are under way', () => {
  vi.useFakeTimers();
  const { waiting, begun, add, done } = queue(0, 4);
  for (let number = 0; number < 10; number++) add(number);
  vi.advanceTimersByTime(200);
  expect(begun).toEqual([0, 1, 2, 3]);
  done(2);
  done(2);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  done(0);
  done(1);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(waiting.length).toBe(3);
});

it('does not let those that wait for their peers keep out the others', () => {
  vi.useFakeTimers();
  const { begun, add, done } = queue(0, 4);
  for (let number = 0; number < 10; number++) add(number);
  vi.advanceTimersByTime(249);
  expect(begun).toHaveLength(4);
  vi.advanceTimersByTime(3);
  expect(begun).toHaveLength(8);
  // They count no more: their end makes no room.
  done(0);
  done(1);
  vi.advanceTimersByTime(100);
  expect(begun).toHaveLength(8);
  vi.advanceTimersByTime(160);
  expect(begun).toHaveLength(10);
});

it('forgets who waits when it is cleared', async () => {
  const { waiting, begun, add } = queue(0);
  add(1);
  waiting.clear();
  await turn();
  expect([begun, waiting.length]).toEqual([[], 0]);
});
