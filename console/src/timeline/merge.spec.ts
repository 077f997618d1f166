import { describe, expect, it } from 'vitest';
import { merge, type Source, toRead } from './merge';

const source = (more: boolean, ...days: number[]): Source<{ at: string }> => ({
  more,
  rows: days.map((day) => ({ at: `2026-11-${String(day).padStart(2, '0')}` })),
});
const days = (...sources: Source<{ at: string }>[]) => merge(sources).map(({ at }) => Number(at.slice(-2)));

describe('several lists as one', () => {
  it('are in the order of time', () => {
    expect(days(source(false, 9, 5, 1), source(false, 8, 2), source(false))).toEqual([9, 8, 5, 2, 1]);
  });

  it('end where one of them may have more: nothing appears later between what is shown', () => {
    const sources = [source(true, 9, 7), source(false, 8, 2), source(true, 6, 3)];
    expect(days(...sources)).toEqual([9, 8, 7]);
    expect(toRead(sources)).toEqual([0]);
    expect(days(source(true, 9, 7, 4), ...sources.slice(1))).toEqual([9, 8, 7, 6, 4]);
  });

  it('ask for all that hold the others back, and for none when all is here', () => {
    expect(toRead([source(true, 9, 7), source(true, 8, 7), source(true, 3)])).toEqual([0, 1]);
    expect(toRead([source(false, 9), source(false)])).toEqual([]);
  });

  it('show nothing before a list that goes on has given something', () => {
    expect(days(source(true), source(false, 5))).toEqual([]);
    expect(toRead([source(true), source(true, 5)])).toEqual([0]);
  });
});
