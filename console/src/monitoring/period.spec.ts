import { describe, expect, it } from 'vitest';
import { panned, periodOf, RANGES, stretchAddress, zoomed } from './period';

const now = Date.parse('2026-11-21T12:00:00.000Z');
const hour = 3_600_000;
const get = (address: string) => (name: string) => new URLSearchParams(address).get(name) ?? undefined;
const lengthOf = ({ from, to }: { from: string; to: string }) => Date.parse(to) - Date.parse(from);

describe('what the charts show', () => {
  it('ends now unless the address names a stretch', () => {
    expect(periodOf(get(''), now)).toEqual({ range: '6h', from: now - 6 * hour, to: now });
    expect(periodOf(get('range=7d'), now)).toEqual({ range: '7d', from: now - RANGES['7d'].length, to: now });
    expect(periodOf(get('from=2026-11-20T00:00:00Z&to=2026-11-20T01:00:00Z'), now)).toEqual({
      range: undefined,
      from: Date.parse('2026-11-20T00:00:00Z'),
      to: Date.parse('2026-11-20T01:00:00Z'),
    });
  });

  it.each([
    'range=2h',
    'from=yesterday&to=now',
    'from=2026-11-20&to=2026-11-19',
    'from=2026-11-20',
    'from=1000-01-01&to=2026-11-20',
  ])('survives the address ?%s', (address) => {
    expect(periodOf(get(address), now)).toEqual({ range: '6h', from: now - 6 * hour, to: now });
  });

  it('zooms around the moment that is looked at', () => {
    const period = { range: '1h', from: now - hour, to: now } as const;
    expect(zoomed(period, 0.5, now - hour / 4, now)).toEqual({
      range: undefined,
      from: new Date(now - hour + hour * 0.375).toISOString(),
      to: new Date(now - hour / 8).toISOString(),
    });
    expect(lengthOf(zoomed(period, 2, undefined, now))).toBe(2 * hour);
  });

  it('does not go into the future, nor below two minutes, nor beyond a year', () => {
    const period = { range: '1h', from: now - hour, to: now } as const;
    expect(panned(period, 1, now).to).toBe(new Date(now).toISOString());
    expect(lengthOf(panned(period, 1, now))).toBe(hour);
    expect(panned(period, -1, now)).toMatchObject({ to: new Date(now - hour / 2).toISOString() });
    expect(lengthOf(stretchAddress(now - 10, now - 5, now))).toBe(120_000);
    expect(lengthOf(stretchAddress(0, now, now))).toBe(366 * 24 * hour);
  });
});
