import type { Series, SeriesPoint } from '@muster/contracts';

/** Points over time. Where samples are missing there is `undefined`, so that no line is drawn across. */
export interface Track {
  /** Seconds since 1970, growing. */
  times: number[];
  points: (SeriesPoint | undefined)[];
  /** Seconds since 1970 at which the device started anew. */
  restarts: number[];
}

/** Puts gaps where more time passed than usual between two points. */
export function trackOf({ points, stepSeconds }: Pick<Series, 'points' | 'stepSeconds'>): Track {
  const track: Track = { times: [], points: [], restarts: [] };
  const longest = longestPause(points, stepSeconds);
  let before: SeriesPoint | undefined;
  for (const point of points) {
    const at = seconds(point.at);
    const last = track.times.at(-1);
    if (last !== undefined && at <= last) continue;
    if (last !== undefined && at - last > longest) {
      track.times.push(last + Math.min(longest, (at - last) / 2));
      track.points.push(undefined);
    }
    const restart = before && restartBetween(before, point, stepSeconds);
    if (restart !== undefined) track.restarts.push(restart);
    track.times.push(at);
    track.points.push(point);
    before = point;
  }
  return track;
}

/** Devices report at a pace of their own, which may be slower than one point: three usual pauses are a gap. */
function longestPause(points: readonly SeriesPoint[], stepSeconds: number): number {
  const pauses = points.slice(1).map(({ at }, index) => seconds(at) - seconds(points[index]?.at ?? at));
  const usual = pauses.sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? stepSeconds;
  return Math.max(1.5 * stepSeconds, 3 * usual);
}

/** The device ran for a shorter time than before: when it started, as near as that is known. */
function restartBetween(before: SeriesPoint, after: SeriesPoint, stepSeconds: number): number | undefined {
  if (before.uptimeSeconds === undefined || after.uptimeSeconds === undefined) return undefined;
  if (after.uptimeSeconds >= before.uptimeSeconds) return undefined;
  const started = seconds(after.at) + stepSeconds - after.uptimeSeconds;
  return Math.min(Math.max(started, seconds(before.at)), seconds(after.at) + stepSeconds);
}

const seconds = (at: string): number => Date.parse(at) / 1000;
