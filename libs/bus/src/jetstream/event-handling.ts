import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { withCorrelationId } from '../correlation';
import { DeadLetterWriter, type Verdict } from '../dead-letters/dead-letter-writer';
import type { Delivery } from '../handlers/decorators';
import type { EventConsumer } from '../handlers/handler-registry';
import { BusMetrics, NoMetrics } from '../metrics';
import { BUS_OPTIONS, type BusOptions, MOST_INTERRUPTIONS, RETRY_DELAYS_MS } from '../options';
import { decodeEach } from '../wire/decode';
import { messageOf } from '../wire/unavailable';
import { isAway } from './away';
import { deliveryOf, type Event, inChunks } from './event';
import { Failures } from './failures';
import type { PulledMessage } from './pulled-message';

const AWAY_FIRST_MS = 500;
const AWAY_LONGEST_MS = 30_000;

/** What happens to delivered events: handed over, then acknowledged, asked for again later, or given up. */
@Injectable()
export class EventHandling {
  private readonly log = new Logger('Bus');
  private readonly failures = new Failures();
  private readonly delays: readonly number[];
  /** Deliveries after which an event does not come again, whatever became of them. */
  private readonly mostDeliveries: number;

  constructor(
    @Inject(BUS_OPTIONS) options: BusOptions,
    private readonly deadLetters: DeadLetterWriter,
    @Optional() private readonly metrics: BusMetrics = new NoMetrics(),
  ) {
    this.delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
    this.mostDeliveries = Math.max(options.mostInterruptions ?? MOST_INTERRUPTIONS, this.delays.length + 1);
  }

  /** Settles every message in one way or another; never rejects. After `stop` the rest goes to other instances. */
  async handle(consumer: EventConsumer, messages: PulledMessage[], stop: AbortSignal): Promise<void> {
    const events: Event[] = [];
    for (const message of messages.toSorted((a, b) => a.sequence - b.sequence)) {
      const event = await this.open(consumer, message);
      if (event) events.push(event);
    }
    for (const chunk of inChunks(events, consumer.batch)) {
      if (stop.aborted) again(chunk, 0);
      else await this.handOver(consumer, chunk, stop);
    }
  }

  /** Tells how far behind the consumer is: what it has in hand, with `left` more behind it. */
  looked({ contract: { subject } }: EventConsumer, messages: PulledMessage[], left: number): void {
    const oldest = Math.min(...messages.map(({ storedAt }) => storedAt.getTime()));
    const delay = messages.length === 0 ? 0 : Math.max(0, (Date.now() - oldest) / 1000);
    this.metrics.set('muster_bus_waiting', { subject }, messages.length + left);
    this.metrics.set('muster_bus_delay_seconds', { subject }, delay);
  }

  private async open(consumer: EventConsumer, message: PulledMessage): Promise<Event | undefined> {
    const delivery = deliveryOf(message);
    if (delivery.attempt > this.mostDeliveries) {
      const problem = `delivered ${delivery.attempt - 1} times, and no handling came to an end`;
      await this.giveUp(consumer, message, { reason: 'interrupted', code: 'internal', problem });
      return undefined;
    }
    const decoded = decodeEach(consumer.contract.payload, message.data);
    const payloads = decoded.flatMap(({ payload }) => payload ?? []);
    const whole = decoded.length === 1 && payloads.length === 0;
    for (const [index, one] of decoded.entries()) {
      const { problem } = one;
      if (problem === undefined) continue;
      const verdict = { reason: 'invalid', code: 'invalid-input', problem } as const;
      if (whole) await this.giveUp(consumer, message, verdict);
      else if (!(await this.setAside(consumer, message, { index, value: one.value }, verdict))) return undefined;
    }
    if (payloads.length > 0) return { message, delivery, payloads };
    message.terminate();
    return undefined;
  }

  private async handOver(consumer: EventConsumer, chunk: Event[], stop: AbortSignal): Promise<void> {
    const { subject } = consumer.contract;
    for (let pause = AWAY_FIRST_MS; ; pause = Math.min(pause * 2, AWAY_LONGEST_MS)) {
      const started = performance.now();
      const error = await this.attempt(consumer, chunk);
      this.metrics.observe('muster_bus_handling_seconds', { subject }, (performance.now() - started) / 1000);
      if (error === undefined) {
        for (const { message } of chunk) this.handled(message);
        this.metrics.inc('muster_bus_handled_total', { subject, outcome: 'ok' }, payloadsOf(chunk));
        return;
      }
      if (!isAway(error)) return this.failed(consumer, chunk, error);
      this.metrics.inc('muster_bus_handled_total', { subject, outcome: 'unavailable' }, chunk.length);
      this.log.warn({
        message: 'event waits for what is away',
        subject,
        events: chunk.length,
        error: messageOf(error),
      });
      await delay(pause, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return again(chunk, 0);
    }
  }

  private async attempt(consumer: EventConsumer, chunk: Event[]): Promise<unknown> {
    const [only, ...more] = chunk;
    const correlationId = only && more.length === 0 ? only.delivery.correlationId : randomUUID();
    try {
      await withCorrelationId(correlationId, () =>
        consumer.handle(
          chunk.flatMap((event) => event.payloads),
          chunk.flatMap(deliveriesOf),
        ),
      );
      return undefined;
    } catch (error) {
      return error ?? new Error('the handler rejected without a reason');
    }
  }

  private async failed(consumer: EventConsumer, chunk: Event[], error: unknown): Promise<void> {
    const { subject } = consumer.contract;
    const code = error instanceof AppError ? error.code : 'internal';
    this.metrics.inc('muster_bus_handled_total', { subject, outcome: code }, chunk.length);
    const failed = Math.max(...chunk.map(({ message }) => this.failures.add(message.identity)));
    const [only] = chunk;
    const last = failed > this.delays.length || (only?.delivery.attempt ?? 0) >= this.mostDeliveries;
    if (chunk.length === 1 && only && last) {
      if (only.payloads.length > 1) return this.oneByOne(consumer, only);
      return this.giveUp(consumer, only.message, { reason: 'failed', code, problem: messageOf(error) });
    }
    this.log.warn({
      message: 'event not handled yet',
      subject,
      where: consumer.where,
      events: chunk.length,
      failed,
      error,
    });
    again(chunk, this.delays[failed - 1] ?? 0);
  }

  /** The last handling of bundled events: those that fail alone, too, become dead letters, and only those. */
  private async oneByOne(consumer: EventConsumer, { message, payloads, delivery }: Event): Promise<void> {
    for (const [index, payload] of payloads.entries()) {
      const error = await this.attempt(consumer, [{ message, payloads: [payload], delivery }]);
      if (error === undefined) continue;
      if (isAway(error)) return message.again(this.delays.at(-1) ?? 0);
      const code = error instanceof AppError ? error.code : 'internal';
      const verdict = { reason: 'failed', code, problem: messageOf(error) } as const;
      if (!(await this.setAside(consumer, message, { index, value: payload }, verdict))) return;
    }
    this.handled(message);
  }

  private handled(message: PulledMessage): void {
    this.failures.forget(message.identity);
    message.acknowledge();
  }

  /** Makes one of bundled events a dead letter. @returns false when that is not possible now; the message comes again */
  private async setAside(
    { contract: { subject }, where }: EventConsumer,
    message: PulledMessage,
    part: { index: number; value: unknown },
    verdict: Verdict,
  ): Promise<boolean> {
    try {
      await this.deadLetters.keep(subject, message, verdict, part);
    } catch (error) {
      this.log.warn({ message: 'dead letter could not be kept yet', subject, error: messageOf(error) });
      message.again(this.delays.at(-1) ?? 0);
      return false;
    }
    this.metrics.inc('muster_bus_dead_letters_total', { subject, reason: verdict.reason });
    this.log.error({ message: 'event became a dead letter', subject, where, ...verdict });
    return true;
  }

  private async giveUp({ contract, where }: EventConsumer, message: PulledMessage, verdict: Verdict): Promise<void> {
    const { subject } = contract;
    const { correlationId } = deliveryOf(message);
    try {
      await this.deadLetters.keep(subject, message, verdict);
      this.failures.forget(message.identity);
      message.terminate();
      this.metrics.inc('muster_bus_dead_letters_total', { subject, reason: verdict.reason });
      this.log.error({ message: 'event became a dead letter', subject, where, correlationId, ...verdict });
    } catch (error) {
      this.log.warn({ message: 'dead letter could not be kept yet', subject, correlationId, error: messageOf(error) });
      message.again(this.delays.at(-1) ?? 0);
    }
  }
}

/** Of each payload; of several in one message with a number behind the message's name. */
const deliveriesOf = ({ payloads, delivery }: Event): Delivery[] =>
  payloads.length === 1
    ? [delivery]
    : payloads.map((_, index) => ({ ...delivery, messageId: `${delivery.messageId}-${index}` }));

const payloadsOf = (chunk: Event[]): number => chunk.reduce((sum, { payloads }) => sum + payloads.length, 0);

function again(chunk: Event[], delayMs: number): void {
  for (const { message } of chunk) message.again(delayMs);
}
