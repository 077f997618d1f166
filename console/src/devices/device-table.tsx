import type { ReactNode } from 'react';
import type { DeviceSummary } from '@muster/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Plain } from '../ui/plain';
import type { SortState } from '../ui/sort-header';
import { type DeviceColumn, deviceColumn, STANDARD_COLUMNS } from './device-columns';
import { setSelected, useSelection } from './selection';
import classes from './devices.module.css';

interface DeviceTableProps {
  devices: readonly DeviceSummary[];
  sort?: SortState;
  selectable?: boolean;
  stale?: boolean;
  empty: ReactNode;
  /** Columns beside the name. */
  columns?: readonly DeviceColumn[];
  /** Further columns at the end. */
  extra?: readonly Column<DeviceSummary>[];
}

export function DeviceTable({
  devices,
  sort,
  selectable = false,
  stale,
  empty,
  columns = STANDARD_COLUMNS,
  extra = [],
}: DeviceTableProps) {
  const t = useText();
  const selected = useSelection();
  return (
    <DataTable
      caption={t('devices.title')}
      columns={[nameColumn(t), ...columns.map((column) => deviceColumn(t, column)), ...extra]}
      rows={devices}
      keyOf={({ id }) => id}
      sort={sort}
      stale={stale}
      empty={empty}
      selection={
        selectable
          ? {
              has: ({ id }) => selected.has(id),
              toggle: setSelected,
              label: ({ name }) => t('devices.select', { name }),
            }
          : undefined
      }
    />
  );
}

const nameColumn = (t: TextOf): Column<DeviceSummary> => ({
  id: 'name',
  header: t('devices.name'),
  sortable: true,
  cell: (device) => <NameCell device={device} />,
});

function NameCell({ device }: { device: DeviceSummary }) {
  const t = useText();
  return (
    <span className={classes.name}>
      <Link to={`/devices/${device.id}`} className="link">
        <Plain text={device.name} most={120} short />
      </Link>
      {device.attention && (
        <span className={classes.attention} title={t('devices.attention')}>
          <IconAlertTriangle size={15} aria-hidden />
          <span className="visually-hidden">{t('devices.attention')}</span>
        </span>
      )}
      {device.name !== device.hostName && (
        <span className={classes.hostName}>
          <Plain text={device.hostName} most={120} />
        </span>
      )}
    </span>
  );
}
