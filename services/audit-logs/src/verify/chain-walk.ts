import type { AuditEntry, AuditFault } from '@muster/contracts';
import { linkHash } from '../chain/canonical';

/** Entries after a place that are tried when the one in it does not belong there. */
export const LOOK_AHEAD = 500;
/** Most entries in a row whose removal is recognised although those after them were given their numbers. */
const MOST_SHIFT = 1000;
export const MOST_FAULTS = 100;

export interface Walk {
  faults: AuditFault[];
  /** Number of the last entry that was looked at. */
  checkedTo: number;
}

/**
 * Goes along entries (in the order of their numbers, `count` of them and LOOK_AHEAD more where there are) and says where
 * they are not what was written. `before` is the hash before `from`; undefined when nobody knows it, and then the first
 * entry is taken as it is. Ends early after a hundred faults.
 */
export function walk(entries: readonly AuditEntry[], count: number, from: number, before: string | undefined): Walk {
  const state = new Walker(entries, from, before);
  for (let index = 0; index < Math.min(count, entries.length) && state.faults.length < MOST_FAULTS; index += 1) {
    state.step(index);
  }
  return { faults: state.faults, checkedTo: state.expected - 1 };
}

class Walker {
  readonly faults: AuditFault[] = [];
  /** Entries that stood where another belongs. */
  private readonly displaced: AuditEntry[] = [];
  /** By how much later numbers were lowered after a removal. */
  private shift = 0;

  constructor(
    private readonly entries: readonly AuditEntry[],
    public expected: number,
    private before: string | undefined,
  ) {}

  step(index: number): void {
    const entry = this.entries[index];
    if (!entry) return;
    if (entry.number > this.expected) {
      this.fault('removed', this.expected, missingText(this.expected, entry.number - 1));
      this.expected = entry.number;
      this.before = undefined;
    }
    this.before = this.before === undefined ? entry.hash : this.follow(this.before, entry, index);
    this.expected = entry.number + 1;
  }

  /** The hash to go on with. */
  private follow(before: string, entry: AuditEntry, index: number): string {
    const { number } = entry;
    if (this.hashAt(before, entry, number) === entry.hash) return entry.hash;
    return (
      this.findMoved(before, entry, index) ?? this.findRenumbered(entry, index) ?? this.alteredAt(number, entry.hash)
    );
  }

  /** Another entry, from near by, is the one that belongs here. */
  private findMoved(before: string, entry: AuditEntry, index: number): string | undefined {
    const near = [...this.displaced, ...this.entries.slice(index + 1, index + 1 + LOOK_AHEAD)];
    for (const other of near) {
      const hash = this.hashAt(before, other, entry.number);
      // Moved with its hash, or without it; what is right where it stands only looks the same.
      if (hash !== other.hash && (hash !== entry.hash || this.isRightAt(other))) continue;
      const at = this.displaced.indexOf(other);
      if (at >= 0) this.displaced.splice(at, 1);
      this.displaced.push(entry);
      this.fault('reordered', entry.number, `The entry that belongs here stands at number ${other.number}.`);
      return hash;
    }
    return undefined;
  }

  private isRightAt(entry: AuditEntry): boolean {
    const before = this.entries[entry.number - 1 - (this.entries[0]?.number ?? 0)];
    return before?.number === entry.number - 1 && this.hashAt(before.hash, entry, entry.number) === entry.hash;
  }

  /** Entries were taken away here, and those after them were given lower numbers to hide it. */
  private findRenumbered(entry: AuditEntry, index: number): string | undefined {
    const next = this.entries[index + 1];
    if (next?.number !== entry.number + 1) return undefined;
    for (let more = 1; more <= MOST_SHIFT; more += 1) {
      if (this.hashAt(entry.hash, next, next.number + more) !== next.hash) continue;
      const count = more === 1 ? 'An entry is' : `${more} entries are`;
      this.fault('removed', entry.number, `${count} missing here, and the ones after were given other numbers.`);
      this.shift += more;
      return entry.hash;
    }
    return undefined;
  }

  private alteredAt(number: number, hash: string): string {
    const before = number === 1 ? 'the beginning of the chain' : `entry ${number - 1}`;
    this.fault('altered', number, `It does not follow from ${before}: it is not what was written, or that is not.`);
    return hash;
  }

  private hashAt(before: string, { hash: _hash, ...content }: AuditEntry, number: number): string {
    return linkHash(before, { ...content, number: number + this.shift });
  }

  private fault(fault: AuditFault['fault'], number: number, problem: string): void {
    this.faults.push({ fault, number, problem });
  }
}

export const missingText = (first: number, last: number): string =>
  first === last ? `Entry ${first} is missing.` : `Entries ${first} to ${last} are missing.`;
