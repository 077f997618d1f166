import { expect, it } from 'vitest';
import { BackOff } from './back-off';

const waits = (count: number, asked: number): number[] =>
  Array.from({ length: count }, () => new BackOff(5000, 300_000).next(asked));

it('waits what a server asks for, and by chance up to a quarter longer, so that a fleet does not come back at once', () => {
  const drawn = waits(2000, 60);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(60_000);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(75_000);
  // In each tenth of the time come about as many.
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const from = 60_000 + tenth * 1500;
    expect(drawn.filter((wait) => wait >= from && wait < from + 1500).length).toBeGreaterThan(100);
  }
});

it('waits longer with each failure, up to a limit, and anew after a success', () => {
  const backOff = new BackOff(1000, 8000, () => 1);
  const ceilings = Array.from({ length: 6 }, () => backOff.next());
  expect(ceilings).toEqual([1500, 2500, 4500, 8500, 8500, 8500]);
  backOff.reset();
  expect(backOff.next()).toBe(1500);
});
