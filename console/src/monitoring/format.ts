import type { IntlShape } from 'react-intl';
import { formatBytes } from '../devices/units';
import type { Unit } from './charts';

type Numbers = Pick<IntlShape, 'formatNumber'>;
const RATES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A value with its unit in the viewer's language. */
export function formatValue(intl: Numbers, unit: Unit, value: number): string {
  if (unit === 'percent') return intl.formatNumber(value / 100, { style: 'percent', maximumFractionDigits: 1 });
  if (unit === 'bytes') return formatBytes(intl, Math.max(0, value)) ?? '';
  if (unit === 'bytesPerSecond') return formatRate(intl, Math.max(0, value));
  if (unit === 'celsius') {
    return intl.formatNumber(value, { style: 'unit', unit: 'celsius', maximumFractionDigits: 1 });
  }
  return intl.formatNumber(value, { maximumFractionDigits: 2 });
}

function formatRate(intl: Numbers, value: number): string {
  const power = value < 1 ? 0 : Math.min(RATES.length - 1, Math.floor(Math.log2(value) / 10));
  return intl.formatNumber(value / 1024 ** power, {
    style: 'unit',
    unit: `${RATES[power] ?? 'byte'}-per-second`,
    maximumSignificantDigits: 3,
  });
}

/** Steps between the marks of an axis in bytes: powers of two within each unit. */
export const BYTE_STEPS: number[] = [0, 1, 2, 3, 4].flatMap((power) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power),
);
