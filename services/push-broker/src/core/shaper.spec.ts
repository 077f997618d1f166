import { expect, it } from 'vitest';
import { Shaper } from './shaper';

it('lets a burst through and slows what follows to the rate', () => {
  const shaper = new Shaper(100, 1000, 0);
  expect(shaper.take(1000, 0)).toBe(0);
  expect(shaper.take(50, 0)).toBe(500);
  expect(shaper.take(0, 500)).toBe(0);
  expect(shaper.take(1000, 10_500)).toBe(0);
  expect(shaper.take(1001, 60_000)).toBe(10);
});
