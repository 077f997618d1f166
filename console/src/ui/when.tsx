import { useSyncExternalStore } from 'react';
import { useIntl } from 'react-intl';

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for all times on the page, each half minute. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Nobody looked for a while: what is shown next must not be counted from then.
  if (!ticking) now = Date.now();
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const notify of listeners) notify();
  }, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The present, as old as half a minute. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

interface WhenProps {
  at: string | undefined;
  relative?: boolean;
  /** To the second. */
  seconds?: boolean;
}

/** A point in time in the viewer's zone: relative for what is about freshness, else date and time. Both are there. */
export function When({ at, relative = false, seconds = false }: WhenProps) {
  const intl = useIntl();
  const present = useNow();
  if (!at) return <>–</>;
  const exact = intl.formatDate(at, { dateStyle: 'medium', timeStyle: seconds ? 'medium' : 'short' });
  const full = intl.formatDate(at, { dateStyle: 'full', timeStyle: 'long' });
  return (
    <time dateTime={at} title={full}>
      {relative ? ago(intl, (Date.parse(at) - present) / 1000) : exact}
    </time>
  );
}

/** What lies in the past stays there, also when the shown present is half a minute old. */
function ago(intl: ReturnType<typeof useIntl>, seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60];
  return intl.formatRelativeTime(Math.trunc(seconds / size), unit, { numeric: 'auto' });
}
