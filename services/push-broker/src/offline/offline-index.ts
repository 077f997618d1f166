import type { OfflineLimits } from '../core/offline';

export interface OfflineEntry {
  id: number;
  bytes: number;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** What an offline store holds, without the messages: enough to know who has some, and to keep the limits. */
export class OfflineIndex {
  readonly #accounts = new Map<string, { entries: Map<number, OfflineEntry>; bytes: number }>();
  #messages = 0;
  #bytes = 0;

  constructor(
    private readonly limits: OfflineLimits,
    private readonly now: () => number,
  ) {}

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message of so many bytes may come in. Expired ones count until they are dropped. */
  hasRoom(account: string, bytes: number): boolean {
    const own = this.#accounts.get(account);
    return (
      (own?.entries.size ?? 0) < this.limits.accountMessages &&
      (own?.bytes ?? 0) + bytes <= this.limits.accountBytes &&
      this.#messages < this.limits.messages &&
      this.#bytes + bytes <= this.limits.bytes
    );
  }

  /** One that is in already stays as it is. */
  add(account: string, entry: OfflineEntry): void {
    const own = this.#accounts.get(account) ?? { entries: new Map<number, OfflineEntry>(), bytes: 0 };
    this.#accounts.set(account, own);
    if (own.entries.has(entry.id)) return;
    own.entries.set(entry.id, entry);
    own.bytes += entry.bytes;
    this.#messages++;
    this.#bytes += entry.bytes;
  }

  /** @returns what was removed */
  remove(account: string, id: number): OfflineEntry | undefined {
    const own = this.#accounts.get(account);
    const entry = own?.entries.get(id);
    if (!own || !entry) return undefined;
    own.entries.delete(id);
    own.bytes -= entry.bytes;
    if (own.entries.size === 0) this.#accounts.delete(account);
    this.#messages--;
    this.#bytes -= entry.bytes;
    return entry;
  }

  has(account: string): boolean {
    return this.#accounts.has(account);
  }

  /** The oldest entry after this id that has not expired. */
  next(account: string, after: number): OfflineEntry | undefined {
    // Ids grow in the order in which messages come, and a map keeps that order.
    for (const entry of this.#accounts.get(account)?.entries.values() ?? [])
      if (entry.id > after && entry.expiresAt > this.now()) return entry;
    return undefined;
  }

  /** @returns what was dropped, of one account or of all */
  dropExpired(account?: string): OfflineEntry[] {
    const now = this.now();
    const dropped: OfflineEntry[] = [];
    for (const name of account === undefined ? [...this.#accounts.keys()] : [account])
      for (const entry of [...(this.#accounts.get(name)?.entries.values() ?? [])])
        if (entry.expiresAt <= now && this.remove(name, entry.id)) dropped.push(entry);
    return dropped;
  }
}
