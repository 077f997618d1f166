import { createHash, randomUUID } from 'node:crypto';
import type { InventorySection } from '@muster/contracts';
import { sectionDigest } from '../sections/bytewise';

export type Item = Record<string, unknown> & { key: string };
type Digested = Item & { digest: string };

const digested = (item: Item): Digested => {
  const { key: _, ...fields } = item;
  return { ...item, digest: createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 16) };
};

/** A package as a Debian device tells of it. */
export const debianPackage = (name: string, version: string, more: object = {}): Item => ({
  key: `dpkg:${name}:amd64`,
  ...{ source: 'dpkg', name, version, architecture: 'amd64', publisher: 'Debian <debian@example.test>' },
  ...more,
});

/** The agent's side of the protocol: numbers its reports, knows what it sent, makes snapshots and differences. */
export class SimulatedInventory {
  readonly spool = randomUUID();
  readonly current = new Map<InventorySection, Map<string, Digested>>();
  private sent = new Map<InventorySection, Map<string, Digested>>();
  private sequence = 0;

  set(section: InventorySection, items: readonly Item[]): void {
    this.current.set(section, new Map(items.map((item) => [item.key, digested(item)])));
  }

  put(section: InventorySection, ...items: Item[]): void {
    const all = this.current.get(section) ?? new Map<string, Digested>();
    for (const item of items) all.set(item.key, digested(item));
    this.current.set(section, all);
  }

  remove(section: InventorySection, ...keys: string[]): void {
    for (const key of keys) this.current.get(section)?.delete(key);
  }

  digest(section: InventorySection): string {
    return sectionDigest(this.current.get(section)?.values() ?? []);
  }

  /** The whole section in parts of at most so many items. */
  snapshot(section: InventorySection, portion = 2500, more: object = {}): object[] {
    const items = [...(this.current.get(section)?.values() ?? [])];
    const portions = portionsOf(items, portion);
    const snapshot = randomUUID();
    this.sent.set(section, new Map(this.current.get(section)));
    return portions.map((part, place) =>
      this.report(section, { snapshot, part: place + 1, parts: portions.length, items: part, gone: [], ...more }),
    );
  }

  /** What changed since the last report that was made, in parts. */
  difference(section: InventorySection, portion = 2500): object[] {
    const [before, after] = [this.sent.get(section) ?? new Map(), this.current.get(section) ?? new Map()];
    const items = [...after.values()].filter(({ key, digest }) => before.get(key)?.digest !== digest);
    const gone = [...before.keys()].filter((key) => !after.has(key));
    const base = sectionDigest(before.values());
    const portions = portionsOf(items, portion);
    this.sent.set(section, new Map(after));
    return portions.map((part, place) => {
      const last = place === portions.length - 1;
      return this.report(section, {
        ...{ base, part: place + 1, parts: portions.length, items: part, gone: last ? gone : [] },
      });
    });
  }

  report(section: InventorySection, fields: object): object {
    this.sequence += 1;
    return {
      ...{ kind: 'inventory', sequence: this.sequence, takenAt: new Date().toISOString(), section },
      ...{ part: 1, parts: 1, items: [], gone: [], digest: this.digest(section), unreadable: [] },
      ...fields,
    };
  }
}

function portionsOf<T>(items: readonly T[], size: number): T[][] {
  const portions: T[][] = [];
  for (let from = 0; from < items.length; from += size) portions.push(items.slice(from, from + size));
  return portions.length === 0 ? [[]] : portions;
}
