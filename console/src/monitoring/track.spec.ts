import type { SeriesPoint } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { trackOf } from './track';

const start = Date.parse('2026-11-21T00:00:00Z') / 1000;
const point = (second: number, change: Partial<SeriesPoint> = {}): SeriesPoint => ({
  at: new Date((start + second) * 1000).toISOString(),
  samples: 1,
  disks: [],
  networks: [],
  temperatures: [],
  ...change,
});
const track = (stepSeconds: number, ...points: SeriesPoint[]) => trackOf({ stepSeconds, points });
const shown = ({ times, points }: ReturnType<typeof trackOf>) =>
  times.map((time, index) => [time - start, points[index] !== undefined]);

describe('samples over time', () => {
  it('have no gaps where a device reports more slowly than points are made', () => {
    expect(shown(track(12, point(0), point(60), point(132), point(192)))).toEqual([
      [0, true],
      [60, true],
      [132, true],
      [192, true],
    ]);
  });

  it('have a gap where the device was silent', () => {
    const { times, points } = track(60, point(0), point(60), point(120), point(3600), point(3660));
    expect(points.map((one) => one !== undefined)).toEqual([true, true, true, false, true, true]);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
  });

  it('tell restarts from the time that the device ran', () => {
    const at = (second: number, uptimeSeconds: number) => point(second, { uptimeSeconds });
    const { restarts } = track(60, at(0, 5000), at(60, 5060), at(120, 30), at(180, 90));
    expect(restarts.map((restart) => restart - start)).toEqual([150]);
    expect(track(60, at(0, 10), at(60, 70), point(120), at(180, 190)).restarts).toEqual([]);
  });

  it('survive points that come twice or out of order', () => {
    expect(shown(track(60, point(60), point(60), point(0), point(120)))).toEqual([
      [60, true],
      [120, true],
    ]);
  });
});
