import type { IntlShape } from 'react-intl';
import type { TextOf } from '../messages/use-text';
import type { Line, Unit } from './charts';
import { formatValue } from './format';

/** A line's value at a place, with its lowest and highest where they differ; a dash where there is none. */
export function valueText(t: TextOf, intl: IntlShape, unit: Unit, line: Line, index: number): string {
  const of = (value: number) => formatValue(intl, unit, value);
  const [mean, low, high] = [line.mean[index], line.low?.[index], line.high?.[index]];
  if (typeof mean !== 'number') return '–';
  const band = typeof low === 'number' && typeof high === 'number' && high > low;
  return band ? t('monitoring.band', { mean: of(mean), low: of(low), high: of(high) }) : of(mean);
}
