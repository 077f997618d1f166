import { useRef } from 'react';
import { useIntl } from 'react-intl';
import { useText } from '../messages/use-text';
import { Panel } from '../ui/panel';
import { type ChartData, drawn, type Line, summaryOf } from './charts';
import { type SharedCursor, useCursor } from './cursor';
import { formatValue } from './format';
import { Legend } from './legend';
import type { Shown } from './plot-options';
import { useLook } from './use-look';
import { usePlot } from './use-plot';
import classes from './monitoring.module.css';

interface ChartPanelProps {
  data: ChartData;
  times: number[];
  shown: Shown;
  cursor: SharedCursor;
  onStretch: (from: number, to: number) => void;
  onMoment: (index: number) => void;
}

/** One chart with its legend. What it shows is also said in words; the table has every value. */
export function ChartPanel({ data, times, shown, cursor, onStretch, onMoment }: ChartPanelProps) {
  const t = useText();
  const place = useRef<HTMLDivElement>(null);
  const look = useLook();
  const lines = drawn(data);
  const words = useWords(data, lines);
  usePlot(place, { data, times, shown, look, cursor, events: { chosen: onStretch, clicked: onMoment } });
  const index = useCursor(cursor);
  return (
    <Panel title={t(`monitoring.chart.${data.chart}`)}>
      {/* Time runs from left to right in every language. */}
      <div
        ref={place}
        className={classes.plot}
        dir="ltr"
        role="img"
        aria-label={words}
        data-testid={`chart-${data.chart}`}
      />
      <Legend data={data} look={look} index={index} />
      {data.more > 0 && <p className={`dim ${classes.small}`}>{t('monitoring.moreLines', { count: data.more })}</p>}
    </Panel>
  );
}

function useWords(data: ChartData, lines: readonly Line[]): string {
  const t = useText();
  const intl = useIntl();
  const parts = lines.flatMap((line) => {
    const summary = summaryOf(line);
    if (!summary) return [];
    const of = (value: number) => formatValue(intl, data.unit, value);
    const label = t(line.label, { name: line.name });
    return [t('monitoring.words', { label, mean: of(summary.mean), low: of(summary.low), high: of(summary.high) })];
  });
  return [t(`monitoring.chart.${data.chart}`), ...parts].join('. ');
}
