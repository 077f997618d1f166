import { expect, it } from 'vitest';
import { multirangeOf, readMultirange, stretchesOf, within } from './stretches';

it('makes stretches of numbers in any order, each once', () => {
  expect(stretchesOf([7, 2, 3, 1, 3, 9, 8, 20])).toEqual([
    [1, 3],
    [7, 9],
    [20, 20],
  ]);
  expect(stretchesOf([])).toEqual([]);
});

it('writes them as PostgreSQL reads them, and reads them as it writes them', () => {
  expect(
    multirangeOf([
      [1, 3],
      [7, 7],
    ]),
  ).toBe('{[1,3],[7,7]}');
  expect(readMultirange('{[1,4),[7,8)}')).toEqual([
    [1, 3],
    [7, 7],
  ]);
  expect(readMultirange('{}')).toEqual([]);
  expect(readMultirange('{[9007199254740991,9007199254740992)}')).toEqual([
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ]);
});

it('finds a number in them', () => {
  const numbers = [2, 3, 4, 9, 11, 12, 40];
  const stretches = stretchesOf(numbers);
  const found = Array.from({ length: 50 }, (_, number) => number).filter((number) => within(stretches, number));
  expect(found).toEqual(numbers);
  expect(within([], 1)).toBe(false);
});
