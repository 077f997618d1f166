import { describe, expect, it } from 'vitest';
import { askedRange } from './ranges';

const ETAG = '"abc"';
const of = (range: string | undefined, ifRange?: string, length = 100) =>
  askedRange({ range, 'if-range': ifRange }, ETAG, length);
const part = (from: number, to: number) => ({ kind: 'part', from, to });

describe('ranges (RFC 9110, section 14)', () => {
  it.each([
    ['bytes=0-0', part(0, 0)],
    ['bytes=10-19', part(10, 19)],
    ['bytes=10-', part(10, 99)],
    ['bytes=10-1000', part(10, 99)],
    ['bytes=-10', part(90, 99)],
    ['bytes=-1000', part(0, 99)],
    ['BYTES=5-6', part(5, 6)],
  ])('%s is a part', (range, expected) => expect(of(range)).toEqual(expected));

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=999999999999999-'])('%s cannot be satisfied', (range) =>
    expect(of(range)).toEqual({ kind: 'unsatisfiable' }),
  );

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=a-b',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=0x1-2',
    'bytes=99999999999999999999-',
  ])('%s is ignored', (range) => expect(of(range)).toEqual({ kind: 'whole' }));

  it('of nothing cannot be satisfied', () => {
    expect(of('bytes=0-', undefined, 0)).toEqual({ kind: 'unsatisfiable' });
    expect(of('bytes=-1', undefined, 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it('count only for the version that If-Range names, by its strong tag', () => {
    expect(of('bytes=1-2', ETAG)).toEqual(part(1, 2));
    for (const other of ['"abd"', `W/${ETAG}`, 'abc', 'Sat, 21 Nov 2026 10:00:00 GMT', '']) {
      expect(of('bytes=1-2', other), other).toEqual({ kind: 'whole' });
    }
    expect(of('bytes=100-', '"other"')).toEqual({ kind: 'whole' });
  });
});
