import type { ReactNode } from 'react';
import { listDevices, type Operation } from '@muster/contracts';
import { IconListCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type TextOf, useText } from '../messages/use-text';
import { type May, useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import { Empty } from '../ui/states';
import { When } from '../ui/when';
import { OperationStatus } from './state-status';

interface OperationTableProps {
  caption: string;
  operations: readonly Operation[];
  stale?: boolean;
  hideDevice?: boolean;
  empty?: ReactNode;
}

export function OperationTable({ caption, operations, stale, hideDevice, empty }: OperationTableProps) {
  const t = useText();
  const may = useMay();
  const columns = columnsOf(t, may).filter(({ id }) => id !== 'device' || !hideDevice);
  return (
    <DataTable
      caption={caption}
      columns={columns}
      rows={operations}
      keyOf={({ id }) => id}
      stale={stale}
      empty={empty ?? <Empty icon={<IconListCheck />} title={t('operations.none')} />}
    />
  );
}

const columnsOf = (t: TextOf, may: May): Column<Operation>[] => [
  {
    id: 'title',
    header: t('operations.operation'),
    cell: ({ id, title }) => (
      <Link to={`/operations/${id}`} className="link">
        {title}
      </Link>
    ),
  },
  {
    id: 'device',
    header: t('devices.device'),
    cell: ({ deviceId, deviceName }) =>
      may(listDevices) ? (
        <Link to={`/devices/${deviceId}`} className="link">
          {deviceName}
        </Link>
      ) : (
        deviceName
      ),
  },
  { id: 'state', header: t('operations.state'), cell: (operation) => <OperationStatus operation={operation} /> },
  { id: 'by', header: t('operations.requestedBy'), cell: ({ requestedBy }) => requestedBy },
  { id: 'created', header: t('operations.created'), tight: true, cell: ({ createdAt }) => <When at={createdAt} /> },
  {
    id: 'changed',
    header: t('operations.changed'),
    tight: true,
    cell: ({ changedAt }) => <When at={changedAt} relative />,
  },
];
