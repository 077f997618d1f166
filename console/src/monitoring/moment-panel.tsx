import { Button } from '@mantine/core';
import { readSample, type SampleProcess } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { useRead } from '../api/use-api';
import { formatUptime } from '../devices/units';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { formatValue } from './format';

interface MomentPanelProps {
  deviceId: string;
  /** The newest sample when absent. */
  at: string | undefined;
  now: number;
  onNewest: () => void;
}

/** Which processes used most at a moment: of the sample before it. */
export function MomentPanel({ deviceId, at, now, onNewest }: MomentPanelProps) {
  const t = useText();
  const intl = useIntl();
  // Without a moment the newest is meant: asked by the clock of the page, so that it is read anew with the charts.
  const query = { at: at ?? new Date(now + 60_000).toISOString() };
  const sample = useRead(readSample, { params: { id: deviceId }, query }, { keepPrevious: true });
  const columns: Column<SampleProcess>[] = [
    { id: 'name', header: t('monitoring.process'), cell: ({ name }) => <Plain text={name} most={120} /> },
    { id: 'pid', header: t('monitoring.pid'), align: 'end', cell: ({ pid }) => pid },
    { id: 'user', header: t('monitoring.user'), cell: ({ user }) => (user ? <Plain text={user} most={60} /> : '–') },
    {
      id: 'cpu',
      header: t('monitoring.cpu'),
      align: 'end',
      tight: true,
      cell: ({ cpuPercent }) => formatValue(intl, 'percent', cpuPercent),
    },
    {
      id: 'memory',
      header: t('monitoring.memory'),
      align: 'end',
      tight: true,
      cell: ({ memoryBytes }) => formatValue(intl, 'bytes', memoryBytes),
    },
  ];
  return (
    <Panel
      title={t('monitoring.processes')}
      flush
      actions={
        <>
          {sample.data && (
            <span className="dim">
              {t('monitoring.sampleOf')} <When at={sample.data.at} />
              {sample.data.sample.uptimeSeconds !== undefined &&
                ` · ${t('monitoring.up', { time: formatUptime(intl, sample.data.sample.uptimeSeconds) })}`}
              {sample.data.sample.processCount !== undefined &&
                ` · ${t('monitoring.processCount', { count: sample.data.sample.processCount })}`}
            </span>
          )}
          {at && (
            <Button size="compact-sm" variant="default" onClick={onNewest}>
              {t('monitoring.newest')}
            </Button>
          )}
        </>
      }
    >
      {sample.error?.code === 'not-found' ? (
        <Empty title={t('monitoring.noProcesses')} />
      ) : (
        <Loaded query={sample}>
          {({ sample: { processes } }) => (
            <DataTable
              caption={t('monitoring.processes')}
              columns={columns}
              rows={processes}
              keyOf={({ pid }) => String(pid)}
              stale={sample.isPlaceholderData}
              empty={<Empty title={t('monitoring.noProcesses')} />}
            />
          )}
        </Loaded>
      )}
    </Panel>
  );
}
