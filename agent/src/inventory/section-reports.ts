import { randomUUID } from 'node:crypto';
import { INVENTORY_REPORT_BYTES, type InventoryReport } from '@muster/contracts';
import type { CollectedItem, CollectedSection } from './collected-section';
import { sectionDigest } from './section-digest';

/** A report before its spool numbers it. */
export type UnnumberedReport = Omit<InventoryReport, 'sequence'>;

/** Most entries of one report's lists, by the contract. */
const MOST_ENTRIES = 5000;
/** Kept for what the spool adds, and for what the server's message has around a report. */
const RESERVED_BYTES = 8_192;

/** Items and keys that fit into one report. */
interface Load {
  items: Array<[key: string, item: CollectedItem]>;
  gone: string[];
}

/**
 * The difference between what was sent last and what is there now, as a chain: each report stands alone, from the
 * digest before it to the digest after it, so that a report's loss is noticed at the next one.
 */
export function differenceReports(
  collected: CollectedSection,
  last: { digest: string; items: ReadonlyMap<string, string> },
  takenAt: string,
): UnnumberedReport[] {
  const changed = [...collected.items].filter(([key, { digest }]) => last.items.get(key) !== digest);
  const gone = [...last.items.keys()].filter(
    (key) => !collected.items.has(key) && !collected.failed.some((prefix) => key.startsWith(prefix)),
  );
  const state = new Map(last.items);
  let base = last.digest;
  return loads(collected, changed, gone).map((load) => {
    for (const key of load.gone) state.delete(key);
    for (const [key, { digest }] of load.items) state.set(key, digest);
    const digest = sectionDigest(state);
    const report = { ...head(collected, takenAt), base, part: 1, parts: 1, ...written(load), digest };
    base = digest;
    return report;
  });
}

/** The whole section, in as many parts as it takes. Made one by one: a large section is not held twice. */
export function* snapshotReports(collected: CollectedSection, takenAt: string): Generator<UnnumberedReport> {
  const parts = loads(collected, [...collected.items], []);
  const snapshot = randomUUID();
  const digest = sectionDigest(digestsOf(collected.items));
  for (const [index, load] of parts.entries())
    yield {
      ...head(collected, takenAt),
      snapshot,
      part: index + 1,
      parts: parts.length,
      ...written(load),
      digest,
    };
}

export const digestsOf = (items: ReadonlyMap<string, CollectedItem>): Map<string, string> =>
  new Map([...items].map(([key, { digest }]) => [key, digest]));

/** Always at least one, so that an empty section and a change of what is unreadable are told too. */
function loads(collected: CollectedSection, items: Load['items'], gone: readonly string[]): Load[] {
  const room =
    INVENTORY_REPORT_BYTES -
    RESERVED_BYTES -
    Buffer.byteLength(JSON.stringify(head(collected, new Date(0).toISOString())));
  const all: Load[] = [];
  let load: Load = { items: [], gone: [] };
  let bytes = 0;
  const next = (size: number, entries: number): void => {
    if (bytes + size > room || entries >= MOST_ENTRIES) {
      all.push(load);
      load = { items: [], gone: [] };
      bytes = 0;
    }
    bytes += size;
  };
  for (const entry of items) {
    next(jsonBytes(entry[0]) + Buffer.byteLength(entry[1].json) + 40, load.items.length);
    load.items.push(entry);
  }
  for (const key of gone) {
    next(jsonBytes(key) + 1, load.gone.length);
    load.gone.push(key);
  }
  return [...all, load];
}

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));

function head(
  { section, unreadable }: CollectedSection,
  takenAt: string,
): Pick<UnnumberedReport, 'kind' | 'takenAt' | 'section' | 'unreadable'> {
  return { kind: 'inventory', takenAt, section, unreadable };
}

const written = ({ items, gone }: Load): Pick<UnnumberedReport, 'items' | 'gone'> => ({
  items: items.map(([key, { digest, json }]) => ({ key, digest, ...(JSON.parse(json) as object) })),
  gone,
});
