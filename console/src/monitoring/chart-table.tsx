import { useIntl } from 'react-intl';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Panel } from '../ui/panel';
import { When } from '../ui/when';
import type { ChartData } from './charts';
import { valueText } from './value-text';
import classes from './monitoring.module.css';

/** The values of a chart as a table, newest first: for those who do not see charts, and to read single values. */
export function ChartTable({ data, times }: { data: ChartData; times: number[] }) {
  const t = useText();
  const intl = useIntl();
  const title = t(`monitoring.chart.${data.chart}`);
  const rows = times
    .map((_, index) => index)
    .filter((index) => data.lines.some(({ mean }) => mean[index] !== null))
    .reverse();
  const columns: Column<number>[] = [
    {
      id: 'time',
      header: t('monitoring.time'),
      tight: true,
      cell: (index) => <When at={new Date((times[index] ?? 0) * 1000).toISOString()} />,
    },
    ...data.lines.map((line): Column<number> => ({
      id: `${line.label} ${line.name ?? ''}`,
      header: t(line.label, { name: line.name?.slice(0, 60) }),
      align: 'end',
      tight: true,
      cell: (index) => valueText(t, intl, data.unit, line, index),
    })),
  ];
  return (
    <Panel title={title} flush>
      <div className={classes.table}>
        <DataTable caption={title} columns={columns} rows={rows} keyOf={String} empty={null} />
      </div>
    </Panel>
  );
}
