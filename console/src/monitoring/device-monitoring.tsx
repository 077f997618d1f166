import { useMemo, useState } from 'react';
import { type DeviceDetail, readSeries, type Series } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { type ListState, useListState } from '../ui/list-state';
import { instantOf } from '../ui/period-fields';
import { Loaded } from '../ui/states';
import { ChartPanel } from './chart-panel';
import { ChartTable } from './chart-table';
import { chartsOf } from './charts';
import { SharedCursor } from './cursor';
import { MomentChoice } from './moment-choice';
import { MomentPanel } from './moment-panel';
import { NoSamples } from './no-samples';
import { type Period, periodOf, RANGES, stretchAddress } from './period';
import { RangeToolbar } from './range-toolbar';
import { Restarts } from './restarts';
import { trackOf } from './track';
import { useClock } from './use-clock';
import classes from './monitoring.module.css';

const POINTS = 300;

/** A device's samples over time, from a minute to a year, and what it was doing at a moment. */
export function DeviceMonitoring({ device }: { device: DeviceDetail }) {
  const t = useText();
  const intl = useIntl();
  const list = useListState();
  const [cursor] = useState(() => new SharedCursor());
  const { range } = periodOf(list.get, 0);
  const now = useClock(range && RANGES[range].everyMs);
  const period = periodOf(list.get, now);
  const query = { from: new Date(period.from).toISOString(), to: new Date(period.to).toISOString(), points: POINTS };
  const series = useRead(readSeries, { params: { id: device.id }, query }, { keepPrevious: true });
  const tables = list.get('view') === 'tables';
  const times = { dateStyle: 'medium', timeStyle: 'short' } as const;
  const pointedAt = () => {
    const point = cursor.index === undefined ? undefined : series.data && trackOf(series.data).times[cursor.index];
    return point === undefined ? undefined : point * 1000;
  };
  return (
    <>
      <RangeToolbar period={period} now={now} moment={pointedAt} tables={tables} set={list.set}>
        <ExportMenu route={readSeries} args={{ params: { id: device.id }, query }} size="compact-sm" />
      </RangeToolbar>
      <p className={classes.period}>
        {intl.formatDateTimeRange(period.from, period.to, times)}
        {' · '}
        {t('monitoring.zone', { zone: intl.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone })}
      </p>
      <Loaded query={series} lines={12}>
        {(data) =>
          data.points.length === 0 ? (
            <NoSamples device={device} set={list.set} now={now} />
          ) : (
            <Charts
              device={device}
              series={data}
              stale={series.isPlaceholderData && period.range === undefined}
              period={period}
              list={list}
              now={now}
              cursor={cursor}
              tables={tables}
            />
          )
        }
      </Loaded>
    </>
  );
}

interface ChartsProps {
  device: DeviceDetail;
  series: Series;
  stale: boolean;
  period: Period;
  list: ListState;
  now: number;
  cursor: SharedCursor;
  tables: boolean;
}

function Charts({ device, series, stale, period, list, now, cursor, tables }: ChartsProps) {
  const track = useMemo(() => trackOf(series), [series]);
  const charts = useMemo(() => chartsOf(track), [track]);
  const shown = useMemo(
    () => ({ from: period.from / 1000, to: period.to / 1000, restarts: track.restarts }),
    [period.from, period.to, track],
  );
  const at = instantOf(list.get('at'));
  const choose = (index: number) => {
    const time = track.times[index];
    // A point stands for a stretch: its last sample is the one that belongs to it.
    if (time !== undefined) list.set({ at: new Date((time + series.stepSeconds) * 1000 - 1).toISOString() });
  };
  const stretch = (from: number, to: number) => list.set(stretchAddress(from * 1000, to * 1000, now), 'step');
  return (
    <>
      <Restarts restarts={track.restarts} />
      {!tables && <MomentChoice cursor={cursor} times={track.times} at={at} onChoose={choose} />}
      <div className={classes.charts} data-stale={stale || undefined}>
        {charts.map((data) =>
          tables ? (
            <ChartTable key={data.chart} data={data} times={track.times} />
          ) : (
            <ChartPanel
              key={data.chart}
              data={data}
              times={track.times}
              shown={shown}
              cursor={cursor}
              onStretch={stretch}
              onMoment={choose}
            />
          ),
        )}
      </div>
      <MomentPanel deviceId={device.id} at={at} now={now} onNewest={() => list.set({ at: undefined })} />
    </>
  );
}
