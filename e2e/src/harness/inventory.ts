import { createHash, randomUUID } from 'node:crypto';
import {
  INVENTORY_REPORT_BYTES,
  type InventoryItem,
  type InventoryReport,
  type InventorySection,
  sectionText,
} from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';

const MOST_ITEMS = 5000;
/** For what a report has beside its items. */
const RESERVED_BYTES = 10_000;

type Content = object & { key: string };
const digestOf = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);

/** A section of a device's inventory, handed in as agents do: whole in parts, then differences from digest to digest. */
export class SentSection {
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly device: SimulatedDevice,
    private readonly section: InventorySection,
  ) {}

  /** Sends the whole section. @returns the number of reports that it took */
  async whole(items: readonly Content[]): Promise<number> {
    this.digests.clear();
    const parts = partsOf(items.map((item) => this.take(item)));
    const snapshot = randomUUID();
    const all = { snapshot, parts: parts.length, digest: this.digest() };
    for (const [index, part] of parts.entries()) await this.send({ ...all, part: index + 1, items: part, gone: [] });
    return parts.length;
  }

  /** Sends what is new or other than before, and the keys of what is gone. */
  async difference(changed: readonly Content[], gone: readonly string[]): Promise<void> {
    const base = this.digest();
    for (const key of gone) this.digests.delete(key);
    const items = changed.map((item) => this.take(item));
    await this.send({ base, part: 1, parts: 1, items, gone: [...gone], digest: this.digest() });
  }

  /** What both ends have for the section when all that was sent is stored. */
  digest(): string {
    const sorted = [...this.digests].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const text = sectionText(sorted.map(([key, digest]) => ({ key, digest })));
    return createHash('sha256').update(text).digest('hex');
  }

  private take({ key, ...content }: Content): InventoryItem {
    const digest = digestOf(content);
    this.digests.set(key, digest);
    return { key, digest, ...content };
  }

  private async send(report: Omit<InventoryReport, 'sequence' | 'takenAt' | 'kind' | 'section' | 'unreadable'>) {
    const whole = { kind: 'inventory', section: this.section, unreadable: [], ...report };
    const { refused } = await this.device.reportTo('plugins', [whole]);
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
  }
}

function partsOf(items: readonly InventoryItem[]): InventoryItem[][] {
  const parts: InventoryItem[][] = [[]];
  let bytes = RESERVED_BYTES;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > INVENTORY_REPORT_BYTES || (parts.at(-1)?.length ?? 0) >= MOST_ITEMS) {
      parts.push([]);
      bytes = RESERVED_BYTES;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}

/** A package as the software section has it. */
export const software = (name: string, version: string, source = 'dpkg') => ({
  key: `${source}|${name}`,
  ...{ source, name, version },
});
