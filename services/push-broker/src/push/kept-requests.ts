import type { KeptRequest } from './idempotency-store';

/** Bytes that an entry takes beside the answer: key, digest, and what JavaScript adds. */
const ENTRY_BYTES = 400;

export interface Entry {
  /** Undefined while it is known to the store alone. */
  fingerprint?: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** What came of it, or will; `stored` while it is known to the store alone. */
  known: KeptRequest | Promise<KeptRequest> | 'stored';
  /** Names it in the store, where it is kept there too. */
  id?: number | undefined;
}

interface Sized extends Entry {
  bytes: number;
}

interface Kept {
  entries: Map<string, Sized>;
  bytes: number;
}

/** Requests by caller and key, each for its time; when those of a caller need more memory than they may, the oldest go. */
export class KeptRequests {
  readonly #kept = new Map<string, Kept>();

  /** @param dropped is told what not to keep in the store any more */
  constructor(
    private readonly maxBytes: number,
    private readonly now: () => number,
    private readonly dropped: (id: number) => void,
  ) {}

  get size(): number {
    return [...this.#kept.values()].reduce((sum, { entries }) => sum + entries.size, 0);
  }

  find(caller: string, key: string): Entry | undefined {
    const kept = this.#kept.get(caller);
    if (kept) this.#expire(kept);
    return kept?.entries.get(key);
  }

  /** In the place of what is there, which is dropped unless it is the same in the store. */
  add(caller: string, key: string, entry: Entry): void {
    const kept = this.#kept.get(caller) ?? { entries: new Map<string, Sized>(), bytes: 0 };
    this.#kept.set(caller, kept);
    this.#drop(kept, key, entry.id);
    kept.entries.set(key, Object.assign(entry, { bytes: ENTRY_BYTES }));
    kept.bytes += ENTRY_BYTES;
  }

  /** The answer is there and has so many bytes. */
  grow(caller: string, key: string, bytes: number): void {
    const kept = this.#kept.get(caller);
    const entry = kept?.entries.get(key);
    if (!kept || !entry) return;
    entry.bytes += bytes;
    kept.bytes += bytes;
    for (const [oldest, { known }] of kept.entries) {
      if (kept.bytes <= this.maxBytes) return;
      if (!(known instanceof Promise)) this.#drop(kept, oldest);
    }
  }

  remove(caller: string, key: string): void {
    const kept = this.#kept.get(caller);
    if (kept) this.#drop(kept, key);
  }

  /** Drops what is too old, also of callers who do not come any more. */
  sweep(): void {
    for (const [caller, kept] of this.#kept) {
      this.#expire(kept);
      if (kept.entries.size === 0) this.#kept.delete(caller);
    }
  }

  #expire(kept: Kept): void {
    const now = this.now();
    for (const [key, { expiresAt, known }] of kept.entries) {
      if (expiresAt > now) return;
      if (!(known instanceof Promise)) this.#drop(kept, key);
    }
  }

  #drop(kept: Kept, key: string, spared?: number): void {
    const entry = kept.entries.get(key);
    if (!entry) return;
    kept.entries.delete(key);
    kept.bytes -= entry.bytes;
    if (entry.id !== undefined && entry.id !== spared) this.dropped(entry.id);
  }
}
