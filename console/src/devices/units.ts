import type { IntlShape } from 'react-intl';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Bytes in powers of 1024, as operating systems show memory and disks, with the unit's name of the viewer's language. */
export function formatBytes(intl: Pick<IntlShape, 'formatNumber'>, bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const unit = UNITS[power] ?? 'byte';
  return intl.formatNumber(bytes / 1024 ** power, { style: 'unit', unit, maximumSignificantDigits: 3 });
}

/** Seconds as days and hours, or hours and minutes. */
export function formatUptime(
  intl: Pick<IntlShape, 'formatNumber' | 'formatList'>,
  seconds: number | undefined,
): string | undefined {
  if (seconds === undefined) return undefined;
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const part = (value: number, unit: 'day' | 'hour' | 'minute') =>
    intl.formatNumber(value, { style: 'unit', unit, unitDisplay: 'long' });
  const parts = days > 0 ? [part(days, 'day'), part(hours, 'hour')] : [part(hours, 'hour'), part(minutes, 'minute')];
  return intl.formatList(parts, { type: 'unit' });
}
