import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { allEvents, AppError } from '@muster/contracts';
import { Bus } from '../bus';
import { Connection } from '../connection';
import { DeadLetterWriter } from '../dead-letters/dead-letter-writer';
import { isAway } from '../jetstream/away';
import { messageOf } from '../wire/unavailable';
import { OUTBOX_SOURCE, type OutboxRow, type OutboxSource } from './outbox-source';

const BATCH = 200;
/** Looks without being woken: rows of another instance that died, or of a source that does not tell. */
const LOOK_MS = 2000;
const RETRY_LONGEST_MS = 10_000;

/**
 * Publishes the rows of a service's outbox, oldest first and one after the other: a row is sent when the one before it
 * is stored, so the order on the stream is that of the outbox also across failures. Settled afterwards; what a crash
 * leaves unsettled is published again under the same id, which JetStream drops.
 */
@Injectable()
export class OutboxRelay {
  private readonly log = new Logger('Bus');
  private readonly stopping = new AbortController();
  private woken = false;
  private wake = (): void => undefined;
  private running?: Promise<void>;

  constructor(
    private readonly bus: Bus,
    private readonly connection: Connection,
    private readonly deadLetters: DeadLetterWriter,
    @Optional() @Inject(OUTBOX_SOURCE) private readonly source?: OutboxSource,
  ) {}

  start(): void {
    const { source } = this;
    if (!source) return;
    source.onAdded?.(() => {
      this.woken = true;
      this.wake();
    });
    this.running ??= this.run(source);
  }

  /** Fulfilled when the row in hand is settled; the others stay in the outbox. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async run(source: OutboxSource): Promise<void> {
    const stop = this.stopping.signal;
    let pause = 0;
    while (!stop.aborted) {
      this.woken = false;
      try {
        await this.connection.link(stop);
        const relayed = await this.relay(source);
        pause = 0;
        if (relayed < BATCH) await this.rest(LOOK_MS);
      } catch (error) {
        if (stop.aborted) return;
        pause = Math.min(Math.max(pause * 2, 250), RETRY_LONGEST_MS);
        const level = isAway(error) ? 'warn' : 'error';
        this.log[level]({ message: 'outbox waits', error: messageOf(error) });
        await delay(pause, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  private async relay(source: OutboxSource): Promise<number> {
    const rows = await source.claim(BATCH);
    const settled: string[] = [];
    try {
      for (const row of rows) {
        if (this.stopping.signal.aborted) break;
        await this.publish(row);
        settled.push(row.id);
      }
    } finally {
      if (settled.length > 0) await source.settle(settled);
    }
    return settled.length;
  }

  private async publish(row: OutboxRow): Promise<void> {
    const { id: messageId, subject, payload, correlationId } = row;
    const event = allEvents().find((one) => one.subject === subject);
    // A newer version of this service, which has been rolled back, may have left it: it comes again.
    if (!event) throw new AppError('internal', `no contract defines ${subject}, which outbox row ${messageId} names`);
    try {
      await this.bus.publishShaped(event, payload, { messageId, ...(correlationId ? { correlationId } : {}) });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'too-large')) throw error;
      // It can never be published, and must not keep those behind it for ever.
      await this.deadLetters.keepUnpublished(subject, payload, messageId, {
        reason: 'invalid',
        code: error.code,
        problem: error.message,
      });
      this.log.error({ message: 'outbox row became a dead letter', id: messageId, subject });
    }
  }

  private rest(ms: number): Promise<void> {
    if (this.woken || this.stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
