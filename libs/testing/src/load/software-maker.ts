import { createHash, randomUUID } from 'node:crypto';
import { type InventoryReport, sectionText, type SoftwareItem } from '@muster/contracts';
import type { LoadBatch } from './load-batch';

const PACKAGES = 150;
/** Different versions that a package has in the fleet. */
const VERSIONS = 20;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A device's software section: whole at first, then what upgrades, installations and removals change of it. */
export class SoftwareMaker {
  readonly spool = randomUUID();
  private sequence = 0;
  /** By number of the package: its version. */
  private readonly versions = new Map<number, number>();
  private readonly digests = new Map<string, string>();
  private added = PACKAGES;

  constructor(number: number) {
    for (let place = 0; place < PACKAGES; place++) this.versions.set(place, (number + place) % 5);
  }

  /** Whether the section was made for sending once. */
  get sent(): boolean {
    return this.sequence > 0;
  }
  /** How many packages the device has. */
  get installed(): number {
    return this.versions.size;
  }
  /** Of the section as it is now. Keys are ASCII, whose order is that of their bytes. */
  get digest(): string {
    const sorted = [...this.digests].sort(([one], [other]) => (one < other ? -1 : 1));
    return sha256(sectionText(sorted.map(([key, digest]) => ({ key, digest }))));
  }

  /** The whole section. */
  snapshot(): LoadBatch {
    this.digests.clear();
    const items = [...this.versions.keys()].map((place) => this.item(place));
    return this.batch({ snapshot: randomUUID(), items, gone: [] });
  }

  /** One to three changes: upgrades mostly, and as often as one package comes, another goes. */
  difference(): LoadBatch {
    const base = this.digest;
    const places = [...this.versions.keys()];
    const changes = 1 + (this.sequence % 3);
    const changed = new Set(
      Array.from({ length: changes }, (_, turn) => places[(this.sequence * 7 + turn * 31) % places.length] ?? 0),
    );
    for (const place of changed) this.versions.set(place, ((this.versions.get(place) ?? 0) + 1) % VERSIONS);
    const gone: string[] = [];
    if (this.sequence % 5 === 0) {
      const leaves = places.find((place) => !changed.has(place)) ?? 0;
      gone.push(keyOf(leaves));
      this.versions.delete(leaves);
      this.digests.delete(keyOf(leaves));
      this.versions.set(this.added, 0);
      changed.add(this.added++);
    }
    return this.batch({ base, items: [...changed].map((place) => this.item(place)), gone });
  }

  private item(place: number): SoftwareItem {
    const content = {
      source: 'dpkg' as const,
      ...{ name: nameOf(place), version: `1.${this.versions.get(place) ?? 0}.${place % 10}-1`, architecture: 'amd64' },
      ...{ publisher: 'Debian maintainers <packages@example.org>', sizeBytes: 4096 * (1 + place) },
    };
    const key = keyOf(place);
    const digest = sha256(JSON.stringify(content)).slice(0, 16);
    this.digests.set(key, digest);
    return { key, digest, ...content };
  }

  private batch(content: Pick<InventoryReport, 'base' | 'snapshot' | 'items' | 'gone'>): LoadBatch {
    const takenAt = new Date().toISOString();
    const { spool, digest } = this;
    const report: InventoryReport = {
      ...{ sequence: ++this.sequence, takenAt, kind: 'inventory', section: 'software', part: 1, parts: 1 },
      ...{ digest, unreadable: [], ...content },
    };
    const body = { spool, sentAt: takenAt, reports: [report] };
    const path = '/reports/inventory';
    return { kind: 'inventory', to: 'plugins', path, spool, sequences: [report.sequence], samples: 0, body };
  }
}

const nameOf = (place: number): string => `load-package-${place}`;
const keyOf = (place: number): string => `dpkg|${nameOf(place)}`;
