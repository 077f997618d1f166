import { setTimeout as pause } from 'node:timers/promises';
import type { OfflineLimits, OfflineMessage, OfflineStore } from '../core/offline';
import type { Records } from '../records/own-records';
import { KeptOnce } from './kept-once';
import { type OfflineEntry, OfflineIndex } from './offline-index';

const RETRY_MS = 1000;
const SWEEP_MS = 60_000;
/** Messages that left and are remembered. */
const REMEMBERED = 10_000;
/** Milliseconds after a lost connection in which senders wait for the next one instead of being refused. */
const PATIENCE_MS = 2000;

export interface JetStreamOfflineOptions {
  limits: OfflineLimits;
  /** Told of what went wrong, and will be tried again. */
  failed: (error: unknown, doing: string) => void;
}

/**
 * Offline messages in the broker's own stream, in the JetStream domain of the NATS server beside it: they survive a cut
 * link to the hub and a restart of either. Who has some is kept in memory, read anew with each connection to NATS, so that
 * devices without messages, which nearly all are when ten thousand come back at once, cost no question.
 */
export class JetStreamOfflineStore implements OfflineStore {
  #index: OfflineIndex;
  #ready = false;
  #lostAt = Date.now();
  #loading = 0;
  /** Stored while the index was being read anew. */
  #addedMeanwhile: { account: string; entry: OfflineEntry }[] | undefined;
  readonly #listeners: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  /**
   * What left: number and expiry, which tell it from a later one. A nats-server that is killed may forget that a message was
   * removed, and the message is there again.
   */
  readonly #gone = new Map<number, number>();
  /** Of these, what the stream was not told of yet. */
  readonly #toRemove = new Set<number>();
  readonly #once = new KeptOnce();
  readonly #working = new Set<Promise<unknown>>();
  readonly #sweeping: NodeJS.Timeout;
  #provisional = 0;

  constructor(
    private readonly stream: Records,
    private readonly options: JetStreamOfflineOptions,
  ) {
    this.#index = new OfflineIndex(options.limits, Date.now);
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    stream.onLink((lost) => void this.#load(lost));
  }

  /** Messages that wait, as far as is known. */
  get messages(): number {
    return this.#index.messages;
  }

  keep(account: string, xml: string, expiresAt: Date, once?: string): Promise<'stored' | 'refused'> {
    return this.#tracked(this.#keep(account, xml, expiresAt, once));
  }

  kept(once: string): boolean {
    return this.#once.has(once);
  }

  has(account: string): boolean {
    return this.#index.has(account);
  }

  async *take(account: string): AsyncIterable<OfflineMessage> {
    for (let entry = this.#index.next(account, 0); entry; entry = this.#index.next(account, entry.id)) {
      const found = await this.stream.read(entry.id).catch((error: unknown) => {
        this.options.failed(error, 'reading an offline message');
        return 'away' as const;
      });
      // The next connection to NATS begins again.
      if (found === 'away') return;
      if (found) yield { id: entry.id, xml: found.body, storedAt: found.storedAt };
      else this.#index.remove(account, entry.id);
    }
  }

  remove(account: string, id: number): Promise<void> {
    const entry = this.#index.remove(account, id);
    return entry ? this.#tracked(this.#removeNow(entry)) : Promise.resolve();
  }

  onReady(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Fulfilled when everything that was begun has been stored, removed or given up. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeping);
    while (this.#working.size > 0) await Promise.allSettled(this.#working);
  }

  async #keep(account: string, xml: string, expiresAt: Date, once?: string): Promise<'stored' | 'refused'> {
    if (!(await this.#becomesReady())) return 'refused';
    if (once !== undefined && this.#once.has(once)) return 'stored';
    const index = this.#index;
    const bytes = Buffer.byteLength(xml);
    if (!index.hasRoom(account, bytes)) this.#removeAll(index.dropExpired(account));
    if (!index.hasRoom(account, bytes)) return 'refused';
    // Holds the place while the stream is asked; negative numbers are never taken out.
    const place = { id: --this.#provisional, bytes, expiresAt: expiresAt.getTime() };
    index.add(account, place);
    try {
      const id = await this.stream.add(account, xml, expiresAt, once);
      if (once !== undefined) this.#once.add(once);
      this.#index.add(account, { ...place, id });
      this.#addedMeanwhile?.push({ account, entry: { ...place, id } });
      return 'stored';
    } catch (error) {
      this.options.failed(error, 'storing an offline message');
      return 'refused';
    } finally {
      index.remove(account, place.id);
    }
  }

  async #load(lost: AbortSignal): Promise<void> {
    const turn = ++this.#loading;
    this.#ready = false;
    this.#addedMeanwhile = [];
    lost.addEventListener('abort', () => {
      if (turn !== this.#loading) return;
      this.#ready = false;
      this.#lostAt = Date.now();
    });
    while (!lost.aborted && turn === this.#loading) {
      try {
        const index = await this.#read();
        if (turn !== this.#loading) return;
        for (const { account, entry } of this.#addedMeanwhile ?? []) index.add(account, entry);
        this.#addedMeanwhile = undefined;
        this.#index = index;
        this.#ready = true;
        for (const go of this.#waiting.splice(0)) go();
        for (const listener of this.#listeners) listener();
        return;
      } catch (error) {
        if (!lost.aborted) this.options.failed(error, 'reading the offline messages');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #read(): Promise<OfflineIndex> {
    const index = new OfflineIndex(this.options.limits, Date.now);
    await this.stream.ensure();
    const untold = new Set(this.#toRemove);
    for await (const { sequence: id, key, bytes, expiresAt, once } of this.stream.list()) {
      untold.delete(id);
      if (once !== undefined) this.#once.add(once);
      this.#found(index, key, { id, bytes, expiresAt: expiresAt.getTime() });
    }
    for (const id of untold) this.#toRemove.delete(id);
    return index;
  }

  /** A short absence is waited for. */
  async #becomesReady(): Promise<boolean> {
    const patience = this.#lostAt + PATIENCE_MS - Date.now();
    if (this.#ready || patience <= 0) return this.#ready;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#ready;
  }

  #found(index: OfflineIndex, account: string, entry: OfflineEntry): void {
    if (this.#gone.get(entry.id) === entry.expiresAt) void this.#tracked(this.#removeNow(entry));
    else index.add(account, entry);
  }

  async #removeNow({ id, expiresAt }: OfflineEntry): Promise<void> {
    this.#toRemove.add(id);
    this.#gone.set(id, expiresAt);
    try {
      await this.stream.remove(id);
      this.#toRemove.delete(id);
      this.#forgetGone();
    } catch (error) {
      this.options.failed(error, 'removing an offline message');
    }
  }

  /** The oldest that the stream was told of; by now it has written that down. */
  #forgetGone(): void {
    for (const id of this.#gone.keys()) {
      if (this.#gone.size <= REMEMBERED) return;
      if (!this.#toRemove.has(id)) this.#gone.delete(id);
    }
  }

  #removeAll(dropped: readonly OfflineEntry[]): void {
    for (const entry of dropped) if (entry.id > 0) void this.#tracked(this.#removeNow(entry));
  }

  #sweep(): void {
    if (this.#ready) this.#removeAll(this.#index.dropExpired());
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work);
    const done = (): void => void this.#working.delete(work);
    work.then(done, done);
    return work;
  }
}
