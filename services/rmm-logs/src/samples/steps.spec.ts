import { describe, expect, it } from 'vitest';
import { random } from '../testing/samples';
import { DAY, HOUR, textOf } from './hour';
import { planSeries } from './steps';

const now = Date.UTC(2026, 10, 21, 9, 30);
const kept = { raw: now - 8 * DAY, hourly: now - 366 * DAY, until: now + 3 * DAY };
const plan = (from: number, to: number, points?: number) =>
  planSeries({ from: textOf(from), to: textOf(to), points }, kept);

describe('planSeries', () => {
  it('never makes more points than wanted, and not far fewer than it could', () => {
    const next = random(31);
    for (let round = 0; round < 3000; round += 1) {
      const points = 10 + Math.floor(next() * 990);
      const from = now - Math.floor(next() ** 3 * 366 * DAY);
      const to = from + 1 + Math.floor(next() ** 3 * (kept.until - from - 1));
      const made = plan(from, to, points);
      if (!made) throw new Error('there is something to show');
      const stretches = Math.floor((made.to - 1) / made.step) - Math.floor(made.from / made.step) + 1;
      expect(stretches).toBeLessThanOrEqual(points);
      const least = made.source === 'raw' ? 1000 : HOUR;
      expect(made.step === least || stretches * 3 + 3 >= points).toBe(true);
      expect(made.source === 'raw').toBe(made.step < HOUR);
    }
  });

  it('takes samples as they came while they are kept, and hours where a point is one or more anyway', () => {
    expect(plan(now - HOUR, now)).toMatchObject({ source: 'raw', step: 15_000 });
    expect(plan(now - DAY, now)).toMatchObject({ source: 'raw', step: 300_000 });
    expect(plan(now - 7 * DAY, now, 1000)).toMatchObject({ source: 'raw', step: 900_000 });
    expect(plan(now - 7 * DAY, now, 100)).toMatchObject({ source: 'hour', step: 2 * HOUR });
    expect(plan(now - 9 * DAY, now - 9 * DAY + HOUR)).toMatchObject({ source: 'hour', step: HOUR });
    expect(plan(now - 365 * DAY, now)).toMatchObject({ source: 'hour', step: 2 * DAY });
  });

  it('begins hours at whole hours and days at midnight, UTC', () => {
    const made = plan(now - 300 * DAY + 1234, now);
    expect([(made?.from ?? 1) % HOUR, (made?.to ?? 1) % HOUR]).toEqual([0, 0]);
    expect((made?.step ?? 0) % DAY).toBe(0);
  });

  it('asks for nothing that cannot be there', () => {
    expect(plan(Date.UTC(1, 0, 1), now - 400 * DAY)).toBeUndefined();
    expect(plan(now + 30 * DAY, now + 31 * DAY)).toBeUndefined();
    expect(plan(Date.UTC(1, 0, 1), Date.UTC(9999, 0, 1))).toMatchObject({
      to: Math.ceil(kept.until / HOUR) * HOUR,
      source: 'hour',
    });
  });

  it.each([
    [now, now],
    [now, now - 1],
  ])('refuses a time that ends before it begins', (from, to) => {
    expect(() => plan(from, to)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});
