import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AckPolicy, DeliverPolicy, jetstreamManager, ReplayPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { Connection, type Link, manyListeners } from '../connection';
import { type EventConsumer, HandlerRegistry } from '../handlers/handler-registry';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { consumerName, replaySubject, type StreamName, streamOf } from '../streams';
import { messageOf } from '../wire/unavailable';
import { EventHandling } from './event-handling';
import { pull } from './pull';
import type { PulledMessage } from './pulled-message';
import { StreamKeeper } from './stream-keeper';

/** Milliseconds after which the server delivers again what was neither settled nor said to be in progress. */
const ACKNOWLEDGE_MS = 30_000;
/** How long one pull waits for a first event, and for more that the server says are there. */
const WAIT_MS = 30_000;
const MORE_MS = 250;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5000;

/**
 * Reports come many and small: between two looks at their stream this much time passes, so that each look finds a batch.
 * A full batch is followed up at once, and the first report after a quiet time is taken as it comes. Milliseconds.
 */
const GATHER_MS = 250;
/** Bytes of reports that are in hand at once: what is read and checked without a pause for requests, some 10 ms. */
const BATCH_BYTES = 1024 * 1024;

interface Source {
  stream: StreamName;
  filter: string;
}

/**
 * Durable pull consumers: two per consumed event, one on its stream and one on what was replayed to this service.
 * Each has at most one batch in hand, so what is pulled is handled next and in order.
 */
@Injectable()
export class EventConsumers {
  private readonly log = new Logger('Bus');
  private readonly stopping = manyListeners(new AbortController());
  private loops: Promise<void>[] = [];

  constructor(
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
    private readonly connection: Connection,
    private readonly registry: HandlerRegistry,
    private readonly streams: StreamKeeper,
    private readonly handling: EventHandling,
  ) {}

  start(): void {
    this.loops = this.registry.consumers.flatMap((consumer) => {
      const { subject } = consumer.contract;
      const stream = streamOf(consumer.contract);
      return [
        ...(stream ? [this.loop(consumer, { stream, filter: subject })] : []),
        this.loop(consumer, { stream: 'REPLAYS', filter: replaySubject(this.options.service, subject) }),
      ];
    });
  }

  /** Fetches no more; fulfilled when what is in hand is settled. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops);
  }

  private async loop(consumer: EventConsumer, source: Source): Promise<void> {
    const stop = this.stopping.signal;
    let pause = RETRY_FIRST_MS;
    while (!stop.aborted) {
      try {
        const link = await this.connection.link(stop);
        await this.prepare(link, source);
        pause = RETRY_FIRST_MS;
        await this.consume(link, consumer, source);
      } catch (error) {
        if (stop.aborted) return;
        this.log.warn({ message: 'consumer starts again', ...source, error: messageOf(error) });
        await delay(pause, undefined, { signal: stop }).catch(() => undefined);
        pause = Math.min(pause * 2, RETRY_LONGEST_MS);
      }
    }
  }

  /** A restart of NATS takes memory streams and their consumers away: so everything is made sure of on each link. */
  private async prepare(link: Link, { stream, filter }: Source): Promise<void> {
    await this.streams.ensure(link, stream);
    const manager = await jetstreamManager(link.nats, { checkAPI: false });
    try {
      await manager.consumers.add(stream, {
        durable_name: this.nameOf(filter),
        filter_subject: filter,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ACKNOWLEDGE_MS),
        deliver_policy: DeliverPolicy.All,
        replay_policy: ReplayPolicy.Instant,
        max_deliver: -1,
        max_ack_pending: 2000,
      });
    } catch (error) {
      this.streams.forget(link, stream);
      throw error;
    }
  }

  private async consume(link: Link, consumer: EventConsumer, { stream, filter }: Source): Promise<void> {
    const stop = this.stopping.signal;
    const path = `${stream}.${this.nameOf(filter)}`;
    const inboxPrefix = `_INBOX.${this.options.service}`;
    const gather = consumer.contract.delivery === 'reported' ? GATHER_MS : 0;
    const take = (batch: number, expires: number): Promise<PulledMessage[]> =>
      pull(link, { path, batch, expires, inboxPrefix, ...(gather > 0 ? { maxBytes: BATCH_BYTES } : {}) }, stop);
    let left = 0;
    while (!stop.aborted && !link.lost.aborted) {
      const messages = await (left > 0 ? take(Math.min(left, consumer.batch), MORE_MS) : take(1, WAIT_MS));
      const next = performance.now() + gather;
      const more = Math.min(leftAfter(messages), consumer.batch - messages.length);
      if (messages.length > 0 && more > 0) messages.push(...(await take(more, MORE_MS).catch(() => [])));
      left = leftAfter(messages);
      // What was replayed is little, and would overwrite what the stream itself shows.
      if (stream !== 'REPLAYS') this.handling.looked(consumer, messages, left);
      await keepingHold(messages, () => this.handling.handle(consumer, messages, stop));
      const rest = fillsBatch(left, consumer.batch, messages) ? 0 : next - performance.now();
      if (messages.length > 0 && rest > 0) await delay(rest, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  private nameOf(filter: string): string {
    const replayed = replaySubject(this.options.service, '');
    return consumerName(this.options.service, filter.startsWith(replayed) ? filter.slice(replayed.length) : filter);
  }
}

/** How many more the server had when it sent the last one. */
const leftAfter = (messages: PulledMessage[]): number => messages.at(-1)?.pending ?? 0;

/** Whether what is left, of the size of what came, is a batch by its number or by its bytes. */
function fillsBatch(left: number, batch: number, messages: PulledMessage[]): boolean {
  const bytes = messages.reduce((sum, { data }) => sum + data.length, 0);
  return left >= batch || (left * bytes) / messages.length >= BATCH_BYTES;
}

/** Tells the server now and then that the messages are still being worked on. */
async function keepingHold(messages: PulledMessage[], work: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => {
    for (const message of messages) message.working();
  }, ACKNOWLEDGE_MS / 3);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}
