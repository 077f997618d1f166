import type { INVENTORY_SECTIONS, InventorySection } from '@muster/contracts';
import type { MessageId } from '../messages/languages';

/** How a value is written. */
export type Kind =
  'text' | 'code' | 'bytes' | 'flag' | 'time' | 'megahertz' | 'transfers' | 'megabits' | 'list' | 'state' | 'signIn';
/** Fields that have a name in the messages. */
type Named<Id> = Id extends `inventory.field.${infer Field}` ? Field : never;
export type FieldName = Named<MessageId>;
/** A column of any section. */
export type AnyField = readonly [field: FieldName, kind?: Kind];
type SectionField<S extends InventorySection> = readonly [
  field: FieldName & keyof InstanceType<(typeof INVENTORY_SECTIONS)[S]>,
  kind?: Kind,
];

/** The columns of each section, most telling first. Software has a screen of its own. */
export const SECTION_FIELDS: { readonly [S in Exclude<InventorySection, 'software'>]: readonly SectionField<S>[] } = {
  system: [
    ['manufacturer'],
    ['model'],
    ['serialNumber', 'code'],
    ['assetTag', 'code'],
    ['uuid', 'code'],
    ['chassis'],
    ['virtualisation'],
  ],
  firmware: [['vendor'], ['version'], ['releasedAt'], ['type'], ['secureBoot', 'flag']],
  processors: [
    ['name'],
    ['manufacturer'],
    ['socket'],
    ['cores'],
    ['threads'],
    ['frequencyMhz', 'megahertz'],
    ['architecture'],
  ],
  'memory-modules': [
    ['slot'],
    ['sizeBytes', 'bytes'],
    ['type'],
    ['speed', 'transfers'],
    ['manufacturer'],
    ['partNumber', 'code'],
    ['serialNumber', 'code'],
  ],
  disks: [
    ['name', 'code'],
    ['vendor'],
    ['model'],
    ['type'],
    ['bus'],
    ['sizeBytes', 'bytes'],
    ['serialNumber', 'code'],
    ['health'],
  ],
  volumes: [
    ['mountPoint', 'code'],
    ['device', 'code'],
    ['fileSystem'],
    ['sizeBytes', 'bytes'],
    ['encrypted', 'flag'],
    ['readOnly', 'flag'],
    ['label'],
    ['uuid', 'code'],
  ],
  controllers: [['name'], ['vendor'], ['type'], ['bus'], ['address', 'code'], ['driver', 'code']],
  networks: [
    ['name', 'code'],
    ['type'],
    ['mac', 'code'],
    ['addresses', 'list'],
    ['gateway', 'code'],
    ['nameServers', 'list'],
    ['dhcp', 'flag'],
    ['speedMbit', 'megabits'],
  ],
  monitors: [['vendor'], ['model'], ['serialNumber', 'code'], ['connection'], ['resolution'], ['yearMade']],
  printers: [['name'], ['model'], ['address', 'code'], ['isDefault', 'flag'], ['shared', 'flag']],
  'operating-system': [
    ['name'],
    ['version'],
    ['build'],
    ['codename'],
    ['kernel'],
    ['architecture'],
    ['hostName', 'code'],
    ['domain', 'code'],
    ['timeZone'],
    ['locale'],
    ['installedAt', 'time'],
  ],
  users: [
    ['name'],
    ['fullName'],
    ['id', 'code'],
    ['administrator', 'flag'],
    ['disabled', 'flag'],
    ['groups', 'list'],
    ['home', 'code'],
    ['shell', 'code'],
  ],
  'sign-ins': [['user'], ['terminal', 'code'], ['from', 'code'], ['startedAt', 'time'], ['endedAt', 'signIn']],
  services: [['name'], ['description'], ['state'], ['startMode'], ['account']],
  antivirus: [['name'], ['state', 'state'], ['version'], ['signatures'], ['upToDate', 'flag']],
  encryption: [['volume', 'code'], ['state', 'state'], ['method'], ['system', 'flag']],
};

/** Sections of which a device has one: shown as names and values. */
export const SINGULAR: ReadonlySet<InventorySection> = new Set(['system', 'firmware', 'operating-system']);
