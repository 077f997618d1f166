import { newId } from '@muster/database';
import { describe, expect, it } from 'vitest';
import { requireTime, timeOf } from './operation-id';

const NOW = Date.UTC(2026, 10, 21);
const DAY = 86_400_000;
const idAt = (at: number, version = '7'): string => {
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${version}000-8000-000000000000`;
};
const kept = { from: NOW - 121 * DAY };

describe('the time of an operation', () => {
  it('is in its id', () => {
    expect(timeOf(idAt(NOW))).toBe(NOW);
    expect(timeOf(idAt(NOW).toUpperCase())).toBe(NOW);
    expect(Math.abs((timeOf(newId()) ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it.each([idAt(NOW, '4'), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', ''])(
    'is not in %s',
    (id) => expect(timeOf(id)).toBeUndefined(),
  );

  it.each([
    ['now', idAt(NOW), undefined],
    ['a day ahead', idAt(NOW + DAY), undefined],
    ['more than a day ahead', idAt(NOW + DAY + 1), 'invalid-input'],
    ['as old as may be', idAt(NOW - 121 * DAY), undefined],
    ['too old', idAt(NOW - 121 * DAY - 1), 'not-found'],
    ['no time at all', idAt(NOW, '4'), 'invalid-input'],
  ])('%s', (_, id, code) => {
    const check = () => requireTime(id, kept, 24, NOW);
    if (code) expect(check).toThrow(expect.objectContaining({ code }));
    else expect(check).not.toThrow();
  });
});
