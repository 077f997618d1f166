import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Guesses } from './sasl-guesses';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const guesses = (): Guesses => new Guesses({ perAddress: 3, perAccount: 2, windowSeconds: 60 });

it('stops an account and an address, each by its own count, until the window is over', () => {
  const counted = guesses();
  counted.failed('192.0.2.1', 'romeo');
  expect(counted.allows('192.0.2.1', 'romeo')).toBe(true);
  counted.failed('192.0.2.2', 'romeo');
  expect(counted.allows('192.0.2.3', 'romeo')).toBe(false);
  expect(counted.allows('192.0.2.1', 'juliet')).toBe(true);
  counted.failed('192.0.2.1', 'juliet');
  counted.failed('::ffff:192.0.2.1', 'nobody');
  expect(counted.allows('192.0.2.1', 'nurse')).toBe(false);
  expect(counted.allows('192.0.2.2', 'nurse')).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(counted.allows('192.0.2.1', 'romeo')).toBe(true);
  counted.failed('192.0.2.1', 'romeo');
  expect(counted.allows('192.0.2.1', 'romeo')).toBe(true);
});

it('takes an IPv6 network for one address', () => {
  const counted = guesses();
  for (const host of [1, 2, 3]) counted.failed(`2001:db8::${host}`, `name-${host}`);
  expect(counted.allows('2001:db8::4', 'romeo')).toBe(false);
  expect(counted.allows('2001:db8:0:1::4', 'romeo')).toBe(true);
});

it('forgets the oldest of very many', () => {
  const counted = guesses();
  for (const name of ['romeo', 'romeo', 'juliet', 'juliet']) counted.failed('192.0.2.1', name);
  for (let index = 0; index < 19_999; index++) counted.failed('192.0.2.2', `name-${index}`);
  expect(counted.allows('192.0.2.3', 'romeo')).toBe(true);
  expect(counted.allows('192.0.2.3', 'juliet')).toBe(false);
});
