import { describe, expect, it } from 'vitest';
import { behindSql, cursorOf, nextOf, type Order, placeOf, windowOf } from './place';

const order: Order = {
  name: 'installations DESC',
  columns: [
    { column: 'n', type: 'int8', direction: 'DESC' },
    { column: 'name', type: 'text', direction: 'ASC' },
    { column: 'id', type: 'int8', direction: 'ASC' },
  ],
};
const place = ['5', 'naïve "😀"', '77'];
const given = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('a place in a list', () => {
  it('comes back as it went', () => {
    expect(placeOf(order, cursorOf(order, place))).toEqual(place);
  });

  it.each([
    ['of another order', given(['name ASC', ...place])],
    ['too short', given([order.name, '5', 'a'])],
    ['too long', given([order.name, ...place, '1'])],
    ['of another type', given([order.name, 'five', 'a', '1'])],
    ['beyond the type', given([order.name, '9'.repeat(30), 'a', '1'])],
    ['with NUL', given([order.name, '5', 'a\0', '1'])],
    ['of no texts', given([order.name, 5, 'a', 1])],
    ['no list', given({ 0: order.name })],
    ['no JSON', 'AAAA'],
    ['nothing', ''],
  ])('is refused when it is %s', (_, cursor) => {
    expect(() => placeOf(order, cursor)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });

  it('becomes a condition that an index answers as far as columns go in one direction', () => {
    const bound: unknown[] = [];
    const sql = behindSql(order, place, (value) => `$${bound.push(value)}`);
    expect(bound).toEqual(place);
    expect(sql).toBe('((n) <= ($1::int8) AND ((n) < ($1::int8) OR (name, id) > ($2::text, $3::int8)))');
    const same = { ...order, columns: order.columns.slice(1) };
    expect(behindSql(same, ['a', '1'], String)).toBe('(name, id) > (a::text, 1::int8)');
  });

  it('is behind a full page only', () => {
    expect(nextOf(order, [{ place }], 1)).toEqual({ next: cursorOf(order, place) });
    expect(nextOf(order, [{ place }], 2)).toEqual({});
    expect(nextOf(order, [], 1)).toEqual({});
    expect(windowOf({ after: 'x', page: 9, size: 7 })).toEqual({ limit: 7, offset: 0 });
    expect(windowOf({ page: 9, size: 7 })).toEqual({ limit: 7, offset: 56 });
  });
});
