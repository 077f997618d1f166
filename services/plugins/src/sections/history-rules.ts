import type { InventorySection } from '@muster/contracts';

/** What of a section makes history. */
export interface HistoryRule {
  /** Fields whose change is worth a line. A change of others alone is stored and not told. */
  fields: readonly string[];
  /** Fields that name the item in words; the first that has text is the title. */
  title: readonly string[];
  /** Items that come and go by themselves. */
  passing?: (item: Readonly<Record<string, unknown>>) => boolean;
}

const VIRTUAL = new Set(['virtual', 'loopback']);

/**
 * Left out on purpose, since they change by themselves: the clock rate of a processor, speed and addresses by IPv6 of a
 * network adapter (privacy addresses change daily), the state of services, the age of virus signatures, sizes of
 * packages. Sign-ins are a history of their own and make none here.
 */
export const HISTORY_RULES: Readonly<Record<InventorySection, HistoryRule | undefined>> = {
  system: {
    fields: ['manufacturer', 'model', 'serialNumber', 'assetTag', 'uuid', 'chassis', 'virtualisation'],
    title: ['model', 'manufacturer', 'chassis'],
  },
  firmware: { fields: ['vendor', 'version', 'releasedAt', 'type', 'secureBoot'], title: ['version', 'vendor'] },
  processors: {
    fields: ['manufacturer', 'name', 'socket', 'cores', 'threads', 'architecture'],
    title: ['name', 'manufacturer', 'socket'],
  },
  'memory-modules': {
    fields: ['slot', 'sizeBytes', 'type', 'speed', 'manufacturer', 'partNumber', 'serialNumber'],
    title: ['slot', 'partNumber'],
  },
  disks: {
    fields: ['name', 'vendor', 'model', 'serialNumber', 'type', 'bus', 'sizeBytes', 'health'],
    title: ['model', 'name'],
  },
  volumes: {
    fields: ['mountPoint', 'device', 'fileSystem', 'label', 'uuid', 'sizeBytes', 'readOnly', 'encrypted'],
    title: ['mountPoint'],
  },
  controllers: { fields: ['bus', 'address', 'type', 'vendor', 'name', 'driver'], title: ['name', 'vendor', 'address'] },
  networks: {
    fields: ['name', 'mac', 'addresses', 'type', 'dhcp', 'gateway', 'nameServers'],
    title: ['name'],
    passing: ({ type }) => typeof type === 'string' && VIRTUAL.has(type),
  },
  monitors: {
    fields: ['vendor', 'model', 'serialNumber', 'connection', 'yearMade'],
    title: ['model', 'vendor', 'connection'],
  },
  printers: { fields: ['name', 'model', 'address', 'isDefault', 'shared'], title: ['name'] },
  'operating-system': {
    fields: [
      ...['name', 'version', 'build', 'codename', 'kernel', 'architecture'],
      ...['hostName', 'domain', 'timeZone', 'locale', 'installedAt'],
    ],
    title: ['name'],
  },
  users: {
    fields: ['name', 'id', 'fullName', 'home', 'shell', 'administrator', 'disabled', 'groups'],
    title: ['name'],
  },
  'sign-ins': undefined,
  services: { fields: ['name', 'startMode', 'account'], title: ['name'] },
  antivirus: { fields: ['name', 'state', 'version', 'upToDate'], title: ['name'] },
  encryption: { fields: ['volume', 'state', 'method', 'system'], title: ['volume'] },
  software: { fields: ['version', 'architecture', 'scope'], title: ['name'] },
};
