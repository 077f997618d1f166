import { expect, it } from 'vitest';
import { Rate } from './rate';

it('a rate lets a second’s worth through at once, and more when it is full, which is owed', () => {
  let now = 0;
  const rate = new Rate(10, () => now);
  expect(Array.from({ length: 11 }, () => rate.take(1))).toEqual([...Array.from({ length: 10 }, () => 0), 1]);
  now = 1000;
  expect(rate.take(25)).toBe(0);
  expect(rate.take(1)).toBe(2);
  now = 2500;
  expect(rate.take(1)).toBe(1);
  now = 2600;
  expect(rate.take(1)).toBe(0);
});
