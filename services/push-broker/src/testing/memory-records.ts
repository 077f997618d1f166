import type { OwnRecord } from '@muster/bus';
import type { Records } from '../records/own-records';

/** Records in memory, whose server can be away: for tests. */
export class MemoryRecords implements Records {
  away = false;
  readonly #records = new Map<number, OwnRecord & { body: string }>();
  #listeners: ((lost: AbortSignal) => void)[] = [];
  #lost = new AbortController();
  #last = 0;

  /** The broker has stopped: nobody listens any more. */
  forgetListeners(): void {
    this.#listeners = [];
  }

  /** A new connection. */
  link(): void {
    this.#lost.abort();
    this.#lost = new AbortController();
    for (const listener of this.#listeners) listener(this.#lost.signal);
  }

  get keys(): string[] {
    return [...this.#records.values()].map(({ key }) => key);
  }

  onLink(listener: (lost: AbortSignal) => void): void {
    this.#listeners.push(listener);
  }

  async ensure(): Promise<void> {
    this.#requireThere();
  }

  async add(key: string, body: string, expiresAt: Date, once?: string): Promise<number> {
    this.#requireThere();
    const sequence = ++this.#last;
    const record = { sequence, key, body, bytes: Buffer.byteLength(body), expiresAt };
    this.#records.set(sequence, { ...record, ...(once !== undefined && { once }) });
    return sequence;
  }

  async read(id: number): Promise<{ body: string; storedAt: Date } | undefined> {
    this.#requireThere();
    const found = this.#records.get(id);
    return found && { body: found.body, storedAt: new Date() };
  }

  async remove(id: number): Promise<void> {
    this.#requireThere();
    this.#records.delete(id);
  }

  async *list(): AsyncGenerator<OwnRecord> {
    this.#requireThere();
    yield* [...this.#records.values()];
  }

  #requireThere(): void {
    if (this.away) throw new Error('away');
  }
}
