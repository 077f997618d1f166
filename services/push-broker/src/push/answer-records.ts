import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@muster/contracts';
import type { Records } from '../records/own-records';
import type { AnswerStore, FoundRequest, KeptRequest } from './idempotency-store';

const RETRY_MS = 1000;
/** Milliseconds that a request waits after a start until it is known which ones were answered before. */
const PATIENCE_MS = 2000;
/** Between caller and key; neither has it. */
const SEPARATOR = ' ';

/**
 * Answers of the push service, kept in the broker's own stream. What could not be kept, or removed, is told and given
 * up: the answer is still known to this process, and a record too many ends by itself.
 */
export class AnswerRecords implements AnswerStore {
  #ready = false;
  #turn = 0;
  readonly #listeners: ((found: FoundRequest) => void)[] = [];
  #waiting: (() => void)[] = [];
  readonly #working = new Set<Promise<unknown>>();

  constructor(
    private readonly records: Records,
    private readonly failed: (error: unknown, doing: string) => void,
  ) {
    records.onLink((lost) => void this.#load(lost));
  }

  get ready(): boolean {
    return this.#ready;
  }

  async untilReady(): Promise<void> {
    if (this.#ready) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (!this.#ready) throw notYet();
  }

  onFound(listener: (found: FoundRequest) => void): void {
    this.#listeners.push(listener);
  }

  async keep(caller: string, key: string, request: KeptRequest, expiresAt: Date): Promise<number | undefined> {
    const name = encodeURIComponent(caller) + SEPARATOR + key;
    const kept = this.records.add(name, JSON.stringify(request), expiresAt);
    return this.#tracked(kept, 'keeping an answer');
  }

  async read(id: number): Promise<KeptRequest | undefined> {
    const found = await this.records.read(id);
    return found && (JSON.parse(found.body) as KeptRequest);
  }

  remove(id: number): void {
    void this.#tracked(this.records.remove(id), 'removing an answer');
  }

  /** Fulfilled when everything that was begun is done or given up. */
  async stop(): Promise<void> {
    await Promise.all(this.#working);
  }

  /** Only until it was done once: afterwards this process knows better. */
  async #load(lost: AbortSignal): Promise<void> {
    const turn = ++this.#turn;
    while (!this.#ready && !lost.aborted && turn === this.#turn) {
      try {
        await this.records.ensure();
        const all = await this.#found();
        if (this.#ready || turn !== this.#turn) return;
        this.#ready = true;
        for (const found of all) for (const listener of this.#listeners) listener(found);
        for (const go of this.#waiting.splice(0)) go();
      } catch (error) {
        if (!lost.aborted) this.failed(error, 'reading answers');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #found(): Promise<FoundRequest[]> {
    const all: FoundRequest[] = [];
    for await (const { sequence: id, key: name, bytes, expiresAt } of this.records.list()) {
      const [caller = '', key = ''] = name.split(SEPARATOR);
      if (expiresAt.getTime() <= Date.now()) this.remove(id);
      else all.push({ caller: decodeURIComponent(caller), key, id, bytes, expiresAt: expiresAt.getTime() });
    }
    return all;
  }

  #tracked<T>(work: Promise<T>, doing: string): Promise<T | undefined> {
    const done = work.catch((error: unknown) => {
      this.failed(error, doing);
      return undefined;
    });
    this.#working.add(done);
    return done.finally(() => this.#working.delete(done));
  }
}

const notYet = (): AppError =>
  new AppError('unavailable', 'Which requests were answered before a restart is not known yet. Try again.', {
    retryAfterSeconds: 5,
  });
