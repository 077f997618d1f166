import { AppError, type SeriesQuery } from '@muster/contracts';
import { DAY, HOUR, hourOf } from './hour';

const MOST_POINTS = 300;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Lengths that people read easily; each begins at a whole one since 1970 in UTC, days at midnight. Longer: whole days. */
const STEPS = [1, 2, 5, 10, 15, 30]
  .map((seconds) => seconds * SECOND)
  .concat([1, 2, 3, 5, 10, 15, 30].map((minutes) => minutes * MINUTE))
  .concat([1, 2, 3, 6, 12].map((hours) => hours * HOUR));

export interface SeriesPlan {
  source: 'raw' | 'hour';
  /** Milliseconds since 1970; `to` is not included. */
  from: number;
  to: number;
  /** Milliseconds. */
  step: number;
}

/**
 * How a chart is made: of single samples where all of the time asked for still has them and a point stands for less than
 * an hour, else of hours, which then are whole ones.
 * @returns undefined where nothing can be known
 * @throws AppError `invalid-input` when the time ends before it begins
 */
export function planSeries(
  { from, to, points = MOST_POINTS }: SeriesQuery,
  kept: { raw: number; hourly: number; until: number },
): SeriesPlan | undefined {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  if (!(begin < end)) throw new AppError('invalid-input', 'The time must end after it begins.');
  const [first, last] = [Math.max(begin, kept.hourly), Math.min(end, kept.until)];
  if (first >= last) return undefined;
  const step = stepFor(first, last, points, first >= kept.raw ? SECOND : HOUR);
  if (step < HOUR) return { source: 'raw', from: first, to: last, step };
  return { source: 'hour', from: hourOf(first), to: hourOf(last - 1) + HOUR, step };
}

/** The shortest step, at least `least`, that cuts the time into no more than so many stretches. */
function stepFor(from: number, to: number, points: number, least: number): number {
  const fits = (step: number): boolean => Math.floor((to - 1) / step) - Math.floor(from / step) < points;
  const nice = STEPS.find((step) => step >= least && fits(step));
  if (nice) return nice;
  let days = Math.max(1, Math.floor((to - from) / DAY / points));
  while (!fits(days * DAY)) days += 1;
  return days * DAY;
}
