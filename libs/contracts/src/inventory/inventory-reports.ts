import { Flag, Instant, List, nested, OneOf, open, text, Text, Uuid, Whole } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { defineRoute, device } from '../wire/route';
import { Report, ReportBatch, Reported, ReportedItem, ReportsTaken } from '../reports/reports';
import { type InventorySection, SECTION_NAMES } from './items';

const sectionDigest = { min: 64, max: 64, pattern: /^[0-9a-f]{64}$/ } as const;
/** Digest of a section without items: SHA-256 of nothing. */
export const EMPTY_SECTION_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Text whose SHA-256 (hex) is the digest of a section: keys in the order of their UTF-8 bytes. */
export const sectionText = (sorted: ReadonlyArray<{ key: string; digest: string }>): string =>
  sorted.map(({ key, digest }) => `${key}\0${digest}\n`).join('');

/** Something that this agent may not, or cannot, read on this device: said, so that nobody takes it for absent. */
export class Unreadable {
  @Text({ min: 1, max: 200, about: 'What, for example "serial number" or "snap packages".' }) what: string;
  @Text({ min: 1, max: 1000, about: 'Why, for example "needs root: /sys/class/dmi/id/product_serial".' }) why: string;
}

/**
 * A section of the inventory, or a part of it. With `base`: what changed since the section had that digest. With
 * `snapshot`: the whole section, in one or more parts of one snapshot id; what no part names is gone. After the last part
 * the section's digest is `digest` at both ends, else the server's digest stays empty, and the device, which asks for the
 * server's digests before each collection, sends the section whole.
 */
export class InventoryReport extends Report {
  @OneOf(['inventory']) kind: 'inventory';
  @OneOf(SECTION_NAMES) section: InventorySection;
  @Text({ ...sectionDigest, optional: true }) base?: string;
  @Uuid({ optional: true }) snapshot?: string;
  @Whole({ min: 1, max: 10_000, about: 'From 1.' }) part: number;
  @Whole({ min: 1, max: 10_000 }) parts: number;
  @List(open(), { max: 5000, about: 'Items of the section: those that are new or changed, or all.' }) items: object[];
  @List(text({ min: 1, max: 600 }), { max: 5000, about: 'Keys that are gone; none in a snapshot.' }) gone: string[];
  @Text({ ...sectionDigest, about: 'Of the whole section after the last part.' }) digest: string;
  @List(nested(() => Unreadable), { max: 50 }) unreadable: Unreadable[];
}
/** Bytes of JSON that one inventory report may have, so that it fits into a message of the bus. */
export const INVENTORY_REPORT_BYTES = 600_000;

export const reportInventory = defineRoute({
  service: 'plugins',
  face: 'worker',
  method: 'POST',
  path: '/reports/inventory',
  access: device,
  summary: 'Hand in inventory: InventoryReport',
  body: ReportBatch,
  bodyLimit: 8 * 1024 * 1024,
  gzip: true,
  accepted: true,
  reply: ReportsTaken,
});

export class SectionDigest {
  @OneOf(SECTION_NAMES) section: InventorySection;
  @Text({ ...sectionDigest, optional: true, about: 'Absent: send the section whole.' }) digest?: string;
  @Instant() at: string;
}
export class InventoryDigests {
  @List(nested(() => SectionDigest), { max: 100, about: 'Sections that are not named were never sent.' })
  sections: SectionDigest[];
  @Flag({ about: 'Reports of this device wait to be handled: digests are about to change.' }) pending: boolean;
  @Whole({ min: 60, max: 604_800, about: 'Seconds between collections, as the server wants them.' })
  collectSeconds: number;
}
export const readInventoryDigests = defineRoute({
  service: 'plugins',
  face: 'worker',
  method: 'GET',
  path: '/reports/inventory/digests',
  access: device,
  summary: 'What the server holds of this device, to send differences against',
  reply: InventoryDigests,
});

export class ReportedInventory extends ReportedItem {
  @OneOf(SECTION_NAMES) section: InventorySection;
  @Text({ ...sectionDigest, optional: true }) base?: string;
  @Uuid({ optional: true }) snapshot?: string;
  @Whole({ min: 1, max: 10_000 }) part: number;
  @Whole({ min: 1, max: 10_000 }) parts: number;
  @List(open(), { max: 5000, about: 'Checked when they were taken in.' }) items: object[];
  @List(text({ min: 1, max: 600 }), { max: 5000 }) gone: string[];
  @Text(sectionDigest) digest: string;
  @List(nested(() => Unreadable), { max: 50 }) unreadable: Unreadable[];
}
/** One report: inventories are large. */
export class InventoryReported extends Reported {
  @List(nested(() => ReportedInventory), { min: 1, max: 1 }) inventory: ReportedInventory[];
}
export const inventoryReported = defineEvent({
  subject: 'report.inventory.v1',
  delivery: 'reported',
  payload: InventoryReported,
  publishers: ['plugins'],
  consumers: ['plugins'],
});

/** What groups and lists of `web` use of a device's inventory. Newest `at` wins. */
export class InventoryFacts {
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Instant() at: string;
  @Text({ max: 200, optional: true }) manufacturer?: string;
  @Text({ max: 200, optional: true }) model?: string;
  @Text({ max: 200, optional: true }) serialNumber?: string;
  @Text({ max: 200, optional: true }) chassis?: string;
  @OneOf(['on', 'off', 'partly', 'unknown']) encryption: 'on' | 'off' | 'partly' | 'unknown';
  @OneOf(['on', 'off', 'partly', 'unknown']) antivirus: 'on' | 'off' | 'partly' | 'unknown';
  @Text({ max: 200, optional: true, about: 'Who is signed in, or signed in last.' }) lastUser?: string;
  @Whole({ min: 0, max: 10_000_000 }) softwareCount: number;
}
export const inventoryFactsChanged = defineEvent({
  subject: 'inventory.facts-changed.v1',
  delivery: 'durable',
  payload: InventoryFacts,
  publishers: ['plugins'],
  consumers: ['web'],
});
