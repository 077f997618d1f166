import type { ListState } from '../ui/list-state';
import { instantOf } from '../ui/period-fields';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Stretches of time that end now, and how often (milliseconds) they are read anew. */
export const RANGES = {
  '1h': { length: HOUR, everyMs: 30_000 },
  '6h': { length: 6 * HOUR, everyMs: MINUTE },
  '24h': { length: DAY, everyMs: 5 * MINUTE },
  '7d': { length: 7 * DAY, everyMs: undefined },
  '30d': { length: 30 * DAY, everyMs: undefined },
  '1y': { length: 365 * DAY, everyMs: undefined },
} as const satisfies Record<string, { length: number; everyMs: number | undefined }>;
export type RangeName = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];
const STANDARD: RangeName = '6h';

/** No chart shows less than this. */
const SHORTEST = 2 * MINUTE;
const LONGEST = 366 * DAY;

/** What the charts show: one of the ranges that end now, or a stretch of one's own. Milliseconds since 1970. */
export interface Period {
  range: RangeName | undefined;
  from: number;
  to: number;
}

/** The period that the address asks for; what an address got wrong is passed over. */
export function periodOf(get: ListState['get'], now: number): Period {
  const from = Date.parse(instantOf(get('from')) ?? '');
  const to = Date.parse(instantOf(get('to')) ?? '');
  if (to - from >= SHORTEST && to - from <= LONGEST) return { range: undefined, from, to };
  const range = RANGE_NAMES.find((name) => name === get('range')) ?? STANDARD;
  return { range, from: now - RANGES[range].length, to: now };
}

/** Address of a range that ends now. */
export const rangeAddress = (range: RangeName) => ({
  range: range === STANDARD ? undefined : range,
  from: undefined,
  to: undefined,
});

/** Address of a stretch of one's own: of a length that can be shown, and not in the future. */
export function stretchAddress(from: number, to: number, now: number) {
  const length = Math.min(Math.max(Math.round(to - from), SHORTEST), LONGEST);
  const middle = (from + to) / 2;
  const end = Math.min(Math.round(middle + length / 2), now);
  return { range: undefined, from: new Date(end - length).toISOString(), to: new Date(end).toISOString() };
}

/** Twice as much, or half, around a moment (the middle when there is none). */
export function zoomed({ from, to }: Period, factor: number, around: number | undefined, now: number) {
  const centre = around !== undefined && around >= from && around <= to ? around : (from + to) / 2;
  return stretchAddress(centre - (centre - from) * factor, centre + (to - centre) * factor, now);
}

/** Half a screen earlier (-1) or later (1). */
export function panned({ from, to }: Period, direction: -1 | 1, now: number) {
  const step = (direction * (to - from)) / 2;
  return stretchAddress(from + step, to + step, now);
}
