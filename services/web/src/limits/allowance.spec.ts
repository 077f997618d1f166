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
