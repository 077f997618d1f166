import { expect, it } from 'vitest';
import { Allowance } from './allowance';

it('lets a burst through, then as many as a minute brings back, for each one alone', () => {
  let now = 0;
  const allowance = new Allowance(60, () => now);
  const taken = (who: string) => Array.from({ length: 100 }, () => allowance.take(who)).filter((wait) => wait === 0);
  expect(taken('a')).toHaveLength(60);
  expect(taken('b')).toHaveLength(60);
  expect(allowance.take('a')).toBe(1);
  now += 10_000;
  expect(taken('a')).toHaveLength(10);
  now += 3_600_000;
  expect(taken('a')).toHaveLength(60);
});

it('says how long to wait', () => {
  const slow = new Allowance(2, () => 0);
  expect([slow.take('a'), slow.take('a'), slow.take('a')]).toEqual([0, 0, 30]);
});

it('remembers those who owe something when it forgets the others', () => {
  let now = 0;
  const allowance = new Allowance(1, () => now);
  for (let index = 0; index < 49_999; index++) allowance.take(`idle ${index}`);
  now += 60_000;
  allowance.take('busy');
  allowance.take('one more');
  expect(allowance.take('busy')).toBe(60);
});

it('gives more than a minute brings to who has a whole minute left, and has it paid back', () => {
  let now = 0;
  const allowance = new Allowance(60, () => now);
  expect(allowance.take('a', 150)).toBe(0);
  expect(allowance.take('a')).toBe(91);
  expect(allowance.take('a', 150)).toBe(150);
  now += 91_000;
  expect([allowance.take('a'), allowance.take('a')]).toEqual([0, 1]);
  expect(allowance.take('b', 59)).toBe(0);
  expect(allowance.take('b', 2)).toBe(1);
  expect(allowance.take('b')).toBe(0);
});

it('forgets who has not asked for longest, however much is owed', () => {
  const allowance = new Allowance(2, () => 0, 3);
  for (const who of ['a', 'b', 'c']) allowance.take(who, 2);
  expect(allowance.take('a')).toBeGreaterThan(0);
  allowance.take('d', 2);
  expect(['a', 'c', 'd'].map((who) => allowance.take(who) > 0)).toEqual([true, true, true]);
  expect(allowance.take('b')).toBe(0);
});
