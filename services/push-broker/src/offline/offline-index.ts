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

  add(account: string, entry: OfflineEntry): void {
    const own = this.#accounts.get(account) ?? { entries: new Map<number, OfflineEntry>(), bytes: 0 };
    this.#accounts.set(account, own);
    own.entries.set(entry.id, entry);
    own.bytes += entry.bytes;
    this.#messages++;
    this.#bytes += entry.bytes;
  }

  remove(account: string, id: number): boolean {
    const own = this.#accounts.get(account);
    const entry = own?.entries.get(id);
    if (!own || !entry) return false;
    own.entries.delete(id);
    own.bytes -= entry.bytes;
    if (own.entries.size === 0) this.#accounts.delete(account);
    this.#messages--;
    this.#bytes -= entry.bytes;
    return true;
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
  dropExpired(account?: string): { account: string; id: number }[] {
    const now = this.now();
    const dropped: { account: string; id: number }[] = [];
    for (const name of account === undefined ? [...this.#accounts.keys()] : [account])
      for (const { id, expiresAt } of [...(this.#accounts.get(name)?.entries.values() ?? [])])
        if (expiresAt <= now && this.remove(name, id)) dropped.push({ account: name, id });
    return dropped;
  }
}
