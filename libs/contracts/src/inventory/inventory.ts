import { Instant, List, Nested, nested, OneOf, open, Text, Uuid, Whole } from '../schema/fields';
import { ById, CursorQuery, PageQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { FieldChange } from '../audit/action-facts';
import { Unreadable } from './inventory-reports';
import { type InventorySection, SECTION_NAMES, SOFTWARE_SOURCES, type SoftwareSource } from './items';

const own = { service: 'plugins', face: 'manager', method: 'GET', access: may('inventory.read') } as const;

export class InventorySectionView {
  @OneOf(SECTION_NAMES) section: InventorySection;
  @Instant({ about: 'When the device read it last.' }) collectedAt: string;
  @Whole({ min: 0, max: 1_000_000 }) count: number;
  @List(open(), { max: 5000, about: 'Items of the section; none for software, which has a list of its own.' })
  items: object[];
  @List(nested(() => Unreadable), { max: 50 }) unreadable: Unreadable[];
}
export class Inventory {
  @List(nested(() => InventorySectionView), { max: 100 }) sections: InventorySectionView[];
}
export const readInventory = defineRoute({
  ...own,
  path: '/plugins/devices/:id/inventory',
  summary: 'The inventory of a device, by section',
  params: ById,
  reply: Inventory,
  list: 'sections',
});

/** A version of a product on a device. */
export class InstalledSoftware {
  @OneOf(SOFTWARE_SOURCES) source: SoftwareSource;
  @Text({ max: 400 }) name: string;
  @Text({ max: 200 }) version: string;
  @Text({ max: 64, optional: true }) architecture?: string;
  @Text({ max: 400, optional: true }) publisher?: string;
  @Text({ max: 512, optional: true }) scope?: string;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, optional: true, about: 'Bytes.' }) sizeBytes?: number;
  @Instant({ optional: true }) installedAt?: string;
  @Instant({ about: 'When the server saw this version on this device first.' }) since: string;
}
export class DeviceSoftwareQuery extends PageQuery {
  @Text({
    max: 8000,
    optional: true,
    about: 'The `next` of the page before, in the same order: a place that no change of other rows moves.',
  })
  after?: string;
  @OneOf(SOFTWARE_SOURCES, { optional: true }) source?: SoftwareSource;
  @OneOf(['name', 'since'], { optional: true }) sort?: 'name' | 'since';
}
export class InstalledSoftwarePage {
  @List(nested(() => InstalledSoftware), { max: 5000 }) software: InstalledSoftware[];
  @Whole({ min: 0, max: 10_000_000 }) total: number;
  @Text({ max: 8000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const listDeviceSoftware = defineRoute({
  ...own,
  path: '/plugins/devices/:id/software',
  summary: 'Software of a device',
  params: ById,
  query: DeviceSoftwareQuery,
  reply: InstalledSoftwarePage,
  list: 'software',
});

/** What appeared, changed or went, and when. */
export class InventoryChange {
  @Text({ max: 64, about: 'Names the change; a place for `after`.' }) id: string;
  @Uuid() deviceId: string;
  @Text({ max: 255 }) deviceName: string;
  @Instant({ about: "When the device saw it, by the server's clock." }) at: string;
  @OneOf(SECTION_NAMES) section: InventorySection;
  @OneOf(['appeared', 'changed', 'went']) change: 'appeared' | 'changed' | 'went';
  @Text({ max: 600, about: 'Key of the item.' }) key: string;
  @Text({ max: 600, about: 'The item in words.' }) title: string;
  @List(nested(() => FieldChange), { max: 50, about: 'What differs, for `changed`.' }) fields: FieldChange[];
}
export class ChangeQuery extends CursorQuery {
  @Uuid({ optional: true }) deviceId?: string;
  @OneOf(SECTION_NAMES, { optional: true }) section?: InventorySection;
  @OneOf(['appeared', 'changed', 'went'], { optional: true }) change?: 'appeared' | 'changed' | 'went';
  @Text({ max: 200, optional: true, about: 'Text in the title.' }) search?: string;
  @Instant({ optional: true }) from?: string;
  @Instant({ optional: true }) to?: string;
}
export class ChangePage {
  @List(nested(() => InventoryChange), { max: 5000, about: 'Newest first.' }) changes: InventoryChange[];
  @Text({ max: 200, optional: true }) next?: string;
}
export const listInventoryChanges = defineRoute({
  ...own,
  path: '/plugins/changes',
  summary: 'What changed in inventories, of one device or of all',
  query: ChangeQuery,
  reply: ChangePage,
  list: 'changes',
});

/** A product over the whole fleet. */
export class SoftwareProduct {
  @OneOf(SOFTWARE_SOURCES) source: SoftwareSource;
  @Text({ max: 400 }) name: string;
  @Text({ max: 400, optional: true }) publisher?: string;
  @Whole({ min: 0, max: 1_000_000 }) versions: number;
  @Whole({ min: 0, max: 1_000_000_000, about: 'Over all devices and versions.' }) installations: number;
}
export class SoftwareQuery extends PageQuery {
  @Text({
    max: 8000,
    optional: true,
    about: 'The `next` of the page before, in the same order: a place that no change of other rows moves.',
  })
  after?: string;
  @OneOf(SOFTWARE_SOURCES, { optional: true }) source?: SoftwareSource;
  @OneOf(['name', 'installations'], { optional: true }) sort?: 'name' | 'installations';
}
export class SoftwarePage {
  @List(nested(() => SoftwareProduct), { max: 5000 }) products: SoftwareProduct[];
  @Whole({ min: 0, max: 100_000_000 }) total: number;
  @Text({ max: 8000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const listSoftware = defineRoute({
  ...own,
  path: '/plugins/software',
  summary: 'Software across the fleet',
  query: SoftwareQuery,
  reply: SoftwarePage,
  list: 'products',
});

export class ProductQuery {
  @OneOf(SOFTWARE_SOURCES) source: SoftwareSource;
  @Text({ min: 1, max: 400 }) name: string;
}
export class SoftwareVersion {
  @Text({ max: 200 }) version: string;
  @Whole({ min: 0, max: 100_000_000 }) devices: number;
}
export class SoftwareVersions {
  @Nested(() => SoftwareProduct) product: SoftwareProduct;
  @List(nested(() => SoftwareVersion), { max: 10_000, about: 'Newest first, as the platform orders them.' })
  versions: SoftwareVersion[];
}
export const readSoftwareVersions = defineRoute({
  ...own,
  path: '/plugins/software/versions',
  summary: 'Versions of a product with the number of devices that have each',
  query: ProductQuery,
  reply: SoftwareVersions,
  list: 'versions',
});

export const VERSION_COMPARISONS = ['below', 'at-most', 'exactly', 'at-least', 'above'] as const;
export type VersionComparison = (typeof VERSION_COMPARISONS)[number];
/** Which devices have a product, in a version below or above another: compared as the source's own tools compare. */
export class SoftwareSearch extends PageQuery {
  @Text({
    max: 8000,
    optional: true,
    about: 'The `next` of the page before, in the same order: a place that no change of other rows moves.',
  })
  after?: string;
  @Text({ min: 1, max: 400, about: 'Name of the product, upper and lower case alike.' }) name: string;
  @OneOf(SOFTWARE_SOURCES, { optional: true }) source?: SoftwareSource;
  @OneOf(VERSION_COMPARISONS, { optional: true }) comparison?: VersionComparison;
  @Text({ min: 1, max: 200, optional: true, about: 'Needed with `comparison`.' }) version?: string;
}
export class SoftwareOnDevice {
  @Uuid() deviceId: string;
  @Text({ max: 255 }) deviceName: string;
  @OneOf(SOFTWARE_SOURCES) source: SoftwareSource;
  @Text({ max: 400 }) name: string;
  @Text({ max: 200 }) version: string;
  @Text({ max: 64, optional: true }) architecture?: string;
  @Instant() since: string;
}
export class SoftwareDevices {
  @List(nested(() => SoftwareOnDevice), { max: 5000 }) installations: SoftwareOnDevice[];
  @Whole({ min: 0, max: 100_000_000 }) total: number;
  @Text({ max: 8000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const searchSoftware = defineRoute({
  ...own,
  path: '/plugins/software/devices',
  summary: 'Which devices have a product, by version',
  query: SoftwareSearch,
  reply: SoftwareDevices,
  list: 'installations',
});
