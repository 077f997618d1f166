import { createHash } from 'node:crypto';
import {
  EMPTY_SECTION_DIGEST,
  INVENTORY_REPORT_BYTES,
  INVENTORY_SECTIONS,
  type InventoryDigests,
  InventoryReport,
  type InventorySection,
  parse,
} from '@muster/contracts';

interface Held {
  items: Map<string, object>;
  digest?: string;
  unreadable: unknown;
  snapshot?: { id: string; parts: Map<number, object[]> };
}

/**
 * The server's side of the protocol, written from the contract alone: checks each report as strictly as a contract can be
 * read, applies it, and computes digests in its own way.
 */
export class InventoryServer {
  readonly held = new Map<string, Held>();
  pending = false;
  reachable = true;
  bytes = 0;
  applied: InventoryReport[] = [];

  digests = (): Promise<InventoryDigests> => {
    if (!this.reachable) return Promise.reject(new Error('connection refused'));
    const sections = [...this.held].map(([section, { digest }]) => ({
      section: section as InventorySection,
      digest,
      at: new Date(0).toISOString(),
    }));
    return Promise.resolve({ sections, pending: this.pending, collectSeconds: 3600 });
  };

  apply(report: object): void {
    const json = JSON.stringify(report);
    this.bytes += json.length;
    if (Buffer.byteLength(json) >= INVENTORY_REPORT_BYTES) throw new Error(`report of ${json.length} bytes`);
    const given = parse(InventoryReport, JSON.parse(json), { unknown: 'refuse' });
    for (const item of given.items) parse(INVENTORY_SECTIONS[given.section], item, { unknown: 'refuse' });
    this.applied.push(given);
    const held: Held = this.held.get(given.section) ?? { items: new Map(), unreadable: [] };
    this.held.set(given.section, held);
    held.unreadable = given.unreadable;
    if (given.base !== undefined) applyDifference(held, given);
    else applySnapshot(held, given);
  }
}

function applyDifference(held: Held, { base, gone, items, digest }: InventoryReport): void {
  if (held.digest !== base) return void (held.digest = undefined);
  for (const key of gone) if (!held.items.delete(key)) throw new Error(`gone, and never was there: ${key}`);
  for (const item of items) held.items.set((item as { key: string }).key, item);
  held.digest = digestOf(held.items) === digest ? digest : undefined;
  if (held.digest === undefined) throw new Error('digest of a difference does not fit');
}

function applySnapshot(held: Held, { snapshot = '', part, parts, items, digest }: InventoryReport): void {
  if (held.snapshot?.id !== snapshot) held.snapshot = { id: snapshot, parts: new Map() };
  held.snapshot.parts.set(part, items);
  held.digest = undefined;
  if (held.snapshot.parts.size < parts) return;
  const all = [...held.snapshot.parts.values()].flat() as Array<{ key: string }>;
  held.items = new Map(all.map((item) => [item.key, item]));
  if (held.items.size !== all.length) throw new Error('a key is there twice');
  held.snapshot = undefined;
  if (digestOf(held.items) !== digest) throw new Error('digest of a snapshot does not fit');
  held.digest = digest;
}

/** SHA-256 over `key NUL digest LF`, by the keys' UTF-8 bytes. */
function digestOf(items: ReadonlyMap<string, object>): string {
  if (items.size === 0) return EMPTY_SECTION_DIGEST;
  const keys = [...items.keys()].map((key) => Buffer.from(key, 'utf8')).sort((left, right) => left.compare(right));
  const hash = createHash('sha256');
  for (const key of keys) {
    const { digest } = items.get(key.toString('utf8')) as { digest: string };
    hash
      .update(key)
      .update(Buffer.from([0]))
      .update(digest)
      .update('\n');
  }
  return hash.digest('hex');
}
