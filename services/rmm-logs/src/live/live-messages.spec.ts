import { describe, expect, it } from 'vitest';
import { inMessages } from './live-messages';

const cut = (sizes: number[], most: number, characters: number): number[][] => [
  ...inMessages(sizes, most, characters, (size) => size),
];

describe('inMessages', () => {
  it('keeps to both limits and to the order', () => {
    expect(cut([1, 2, 3, 4], 2, 100)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(cut([50, 50, 1], 10, 100)).toEqual([[50, 50], [1]]);
    expect(cut([60, 50], 10, 100)).toEqual([[60], [50]]);
  });
  it('sends what is too long alone, and nothing where there is nothing', () => {
    expect(cut([1, 500, 1], 10, 100)).toEqual([[1], [500], [1]]);
    expect(cut([], 10, 100)).toEqual([]);
  });
});
