import type { ReactNode } from 'react';
import type { DeviceSummary } from '@muster/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { MessageId } from '../messages/languages';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import type { SortState } from '../ui/sort-header';
import { When } from '../ui/when';
import { LastContact } from './last-contact';
import { PLATFORMS } from './presence';
import { PresenceStatus } from './presence-status';
import { setSelected, useSelection } from './selection';
import classes from './devices.module.css';

interface DeviceTableProps {
  devices: readonly DeviceSummary[];
  sort?: SortState;
  selectable?: boolean;
  stale?: boolean;
  empty: ReactNode;
  /** Further columns at the end. */
  extra?: readonly Column<DeviceSummary>[];
}

export function DeviceTable({ devices, sort, selectable = false, stale, empty, extra = [] }: DeviceTableProps) {
  const t = useText();
  const selected = useSelection();
  return (
    <DataTable
      caption={t('devices.title')}
      columns={[...columns(t), ...extra]}
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

const columns = (t: TextOf): Column<DeviceSummary>[] => [
  { id: 'name', header: t('devices.name'), sortable: true, cell: (device) => <DeviceName device={device} /> },
  {
    id: 'presence',
    header: t('devices.presence'),
    sortable: true,
    cell: ({ presence }) => <PresenceStatus presence={presence} />,
  },
  {
    id: 'osName',
    header: t('devices.system'),
    sortable: true,
    cell: ({ osName, platform }) => osName || platformName(t, platform),
  },
  { id: 'user', header: t('devices.user'), cell: ({ user }) => user ?? '–' },
  {
    id: 'lastContactAt',
    header: t('devices.lastContact'),
    sortable: true,
    tight: true,
    cell: (device) => <LastContact device={device} />,
  },
  {
    id: 'enrolledAt',
    header: t('devices.enrolled'),
    sortable: true,
    tight: true,
    cell: ({ enrolledAt }) => <When at={enrolledAt} />,
  },
  { id: 'agent', header: t('devices.agent'), tight: true, cell: ({ agentVersion }) => agentVersion || '–' },
];

function DeviceName({ device }: { device: DeviceSummary }) {
  const t = useText();
  return (
    <span className={classes.name}>
      <Link to={`/devices/${device.id}`} className="link">
        {device.name}
      </Link>
      {device.attention && (
        <span className={classes.attention} title={t('devices.attention')}>
          <IconAlertTriangle size={15} aria-hidden />
          <span className="visually-hidden">{t('devices.attention')}</span>
        </span>
      )}
      {device.name !== device.hostName && <span className={classes.hostName}>{device.hostName}</span>}
    </span>
  );
}

/** The platform's name; one that this console does not know keeps the name that the agent gave. */
export function platformName(t: TextOf, platform: string): string {
  const known = PLATFORMS.find((name) => name === platform);
  return known ? t(`platform.${known}` satisfies MessageId) : platform;
}
