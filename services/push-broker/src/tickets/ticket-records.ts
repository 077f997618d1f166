import { setTimeout as pause } from 'node:timers/promises';
import type { OwnRecord } from '@muster/bus';
import type { TicketBook } from '../core/ticket-book';
import type { Records } from '../records/own-records';

const RETRY_MS = 1000;
const SWEEP_MS = 60_000;
/** Between tool and device; no account's name has it. */
const SEPARATOR = ' ';

interface Stored {
  id: number;
  /** Milliseconds since 1970. */
  ends: number;
}

/**
 * Keeps tickets over a restart. The book is what counts: after each change, and with each connection to NATS, the
 * records are made to agree with it, one for each ticket. Only the first reading after a start fills the book.
 */
export class TicketRecords {
  readonly #stored = new Map<string, Stored>();
  readonly #running = new Map<string, Promise<void>>();
  /** Tickets that were granted or withdrawn before what was kept of former ones was known. */
  #touched: Set<string> | undefined = new Set();
  #turn = 0;
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    private readonly records: Records,
    private readonly book: TicketBook,
    private readonly failed: (error: unknown, doing: string) => void,
  ) {
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    records.onLink((lost) => void this.#load(lost));
  }

  /** To be called after each change of a ticket. Fulfilled when it is kept, or could not be. */
  async changed(tool: string, device: string): Promise<void> {
    const key = tool + SEPARATOR + device;
    this.#touched?.add(key);
    await this.#settle(key);
  }

  /** Fulfilled when everything that was begun is kept or given up. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeping);
    await Promise.all(this.#running.values());
  }

  async #load(lost: AbortSignal): Promise<void> {
    const turn = ++this.#turn;
    while (!lost.aborted && turn === this.#turn) {
      try {
        await this.records.ensure();
        const found: OwnRecord[] = [];
        for await (const record of this.records.list()) found.push(record);
        if (turn === this.#turn) await this.#compare(found);
        return;
      } catch (error) {
        if (!lost.aborted) this.failed(error, 'reading tickets');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #compare(found: readonly OwnRecord[]): Promise<void> {
    const touched = this.#touched;
    this.#touched = undefined;
    const present = new Set(found.map(({ sequence }) => sequence));
    for (const [key, { id }] of this.#stored) if (!present.has(id) && !this.#running.has(key)) this.#stored.delete(key);
    const superfluous: number[] = [];
    for (const { sequence: id, key, expiresAt } of found) {
      const [tool = '', device = ''] = key.split(SEPARATOR);
      const known = this.#stored.get(key);
      if (known?.id === id) continue;
      const ends = expiresAt.getTime();
      const isNews = touched !== undefined && !touched.has(key) && ends > Date.now();
      const restored = isNews && this.book.grant(tool, device, ends);
      if (!restored) superfluous.push(id);
      else {
        if (known) superfluous.push(known.id);
        this.#stored.set(key, { id, ends: restored });
      }
    }
    for (const id of superfluous) await this.records.remove(id);
    const all = [...this.book.all()].map(([tool, device]) => tool + SEPARATOR + device);
    await Promise.all([...new Set([...all, ...this.#stored.keys()])].map((key) => this.#settle(key)));
  }

  /** One at a time for each ticket: what changes while one runs is seen by it. */
  #settle(key: string): Promise<void> {
    const before = this.#running.get(key);
    if (before) return before;
    const running = this.#agree(key)
      .catch((error: unknown) => this.failed(error, 'keeping a ticket'))
      .finally(() => {
        if (this.#running.get(key) === running) this.#running.delete(key);
      });
    this.#running.set(key, running);
    return running;
  }

  async #agree(key: string): Promise<void> {
    const [tool = '', device = ''] = key.split(SEPARATOR);
    await Promise.resolve();
    for (;;) {
      const ends = this.book.endOf(tool, device);
      const stored = this.#stored.get(key);
      if (stored?.ends === ends) {
        // At once: whoever changes the ticket after this must not find it running.
        this.#running.delete(key);
        return;
      }
      if (ends === undefined) this.#stored.delete(key);
      else this.#stored.set(key, { id: await this.records.add(key, '', new Date(ends)), ends });
      if (stored) await this.records.remove(stored.id);
    }
  }

  /** Of tickets that have ended nothing is kept. */
  #sweep(): void {
    for (const [key, { ends }] of this.#stored) if (ends <= Date.now()) void this.#settle(key);
  }
}
