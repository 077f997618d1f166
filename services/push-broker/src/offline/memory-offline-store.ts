import type { OfflineLimits, OfflineMessage, OfflineStore } from '../core/offline';
import { KeptOnce } from './kept-once';
import { OfflineIndex } from './offline-index';

const SWEEP_MS = 60_000;

/** Offline messages in memory: for tests, and for a broker that runs alone and may forget them when it stops. */
export class MemoryOfflineStore implements OfflineStore {
  readonly #index: OfflineIndex;
  readonly #messages = new Map<number, OfflineMessage>();
  readonly #once = new KeptOnce();
  #last = 0;
  #sweptAt = 0;

  constructor(
    limits: OfflineLimits,
    private readonly now: () => number = Date.now,
  ) {
    this.#index = new OfflineIndex(limits, now);
  }

  async keep(account: string, xml: string, expiresAt: Date, once?: string): Promise<'stored' | 'refused'> {
    if (once !== undefined && this.#once.has(once)) return 'stored';
    const bytes = Buffer.byteLength(xml);
    if (!this.#index.hasRoom(account, bytes)) this.#dropExpired(account);
    if (!this.#index.hasRoom(account, bytes)) return 'refused';
    const id = ++this.#last;
    this.#messages.set(id, { id, xml, storedAt: new Date(this.now()) });
    this.#index.add(account, { id, bytes, expiresAt: expiresAt.getTime() });
    if (once !== undefined) this.#once.add(once);
    return 'stored';
  }

  kept(once: string): boolean {
    return this.#once.has(once);
  }

  has(account: string): boolean {
    return this.#index.has(account);
  }

  async *take(account: string): AsyncIterable<OfflineMessage> {
    for (let entry = this.#index.next(account, 0); entry; entry = this.#index.next(account, entry.id)) {
      const message = this.#messages.get(entry.id);
      if (message) yield message;
    }
  }

  async remove(account: string, id: number): Promise<void> {
    this.#index.remove(account, id);
    this.#messages.delete(id);
  }

  /** It is never away. */
  onReady(): void {}

  /** Of the account, and once in a while of all: a sender must not make the server look through them each time. */
  #dropExpired(account: string): void {
    const all = this.now() - this.#sweptAt >= SWEEP_MS;
    if (all) this.#sweptAt = this.now();
    for (const { id } of this.#index.dropExpired(all ? undefined : account)) this.#messages.delete(id);
  }
}
