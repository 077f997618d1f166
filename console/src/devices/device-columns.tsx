import type { DeviceSummary } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { type TextOf, useText } from '../messages/use-text';
import type { Column } from '../ui/data-table';
import { Plain } from '../ui/plain';
import { When } from '../ui/when';
import { LastContact } from './last-contact';
import { platformName } from './platform-name';
import { PresenceStatus } from './presence-status';
import { ProtectionStatus } from './protection-status';

/** Columns of the device list beside the name, in their order. */
export const DEVICE_COLUMNS = [
  'presence',
  'osName',
  'user',
  'manufacturer',
  'model',
  'serialNumber',
  'encryption',
  'antivirus',
  'lastUser',
  'softwareCount',
  'lastContactAt',
  'enrolledAt',
  'agent',
] as const;
export type DeviceColumn = (typeof DEVICE_COLUMNS)[number];
export const STANDARD_COLUMNS: readonly DeviceColumn[] = [
  'presence',
  'osName',
  'user',
  'lastContactAt',
  'enrolledAt',
  'agent',
];

/** The columns that an address names; the standard ones when it names none. */
export function columnsOf(given: string | undefined): readonly DeviceColumn[] {
  const named = new Set(given?.split('.'));
  const chosen = DEVICE_COLUMNS.filter((column) => named.has(column));
  return chosen.length > 0 ? chosen : STANDARD_COLUMNS;
}

/** For the address: nothing when they are the standard ones. */
export const columnsText = (columns: readonly DeviceColumn[]): string | undefined => {
  const text = DEVICE_COLUMNS.filter((column) => columns.includes(column)).join('.');
  return text === STANDARD_COLUMNS.join('.') || text === '' ? undefined : text;
};

export const columnTitle = (t: TextOf, column: DeviceColumn): string => t(TITLES[column]);
const TITLES = {
  presence: 'devices.presence',
  osName: 'devices.system',
  user: 'devices.user',
  manufacturer: 'facts.manufacturer',
  model: 'facts.model',
  serialNumber: 'facts.serialNumber',
  encryption: 'devices.encryption',
  antivirus: 'devices.antivirus',
  lastUser: 'devices.lastUser',
  softwareCount: 'devices.softwareCount',
  lastContactAt: 'devices.lastContact',
  enrolledAt: 'devices.enrolled',
  agent: 'devices.agent',
} as const;
const SORTABLE: readonly DeviceColumn[] = ['presence', 'osName', 'lastContactAt', 'enrolledAt'];
const TIGHT: readonly DeviceColumn[] = ['lastContactAt', 'enrolledAt', 'agent', 'encryption', 'antivirus'];

export const deviceColumn = (t: TextOf, id: DeviceColumn): Column<DeviceSummary> => ({
  id,
  header: columnTitle(t, id),
  sortable: SORTABLE.includes(id),
  tight: TIGHT.includes(id),
  align: id === 'softwareCount' ? 'end' : undefined,
  cell: (device) => <DeviceCell column={id} device={device} />,
});

function DeviceCell({ column, device }: { column: DeviceColumn; device: DeviceSummary }) {
  const t = useText();
  const intl = useIntl();
  const { inventory } = device;
  const text = (value: string | undefined) => (value ? <Plain text={value} most={80} /> : <>–</>);
  switch (column) {
    case 'presence':
      return <PresenceStatus presence={device.presence} />;
    case 'osName':
      return text(device.osName || platformName(t, device.platform));
    case 'user':
      return text(device.user);
    case 'encryption':
    case 'antivirus':
      return inventory ? <ProtectionStatus state={inventory[column]} /> : <>–</>;
    case 'softwareCount':
      return <>{inventory ? intl.formatNumber(inventory.softwareCount) : '–'}</>;
    case 'lastContactAt':
      return <LastContact device={device} />;
    case 'enrolledAt':
      return <When at={device.enrolledAt} />;
    case 'agent':
      return text(device.agentVersion);
    default:
      return text(inventory?.[column]);
  }
}
