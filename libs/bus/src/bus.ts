import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AppError, type BusEvent, type BusRequest, InvalidInput, type ServiceName, shape } from '@muster/contracts';
import { jetstream, JetStreamApiError } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { Connection, type Link } from './connection';
import { currentCorrelationId } from './correlation';
import { ReportBundles } from './jetstream/report-bundles';
import { StreamKeeper } from './jetstream/stream-keeper';
import { BusMetrics, NoMetrics } from './metrics';
import { BUS_OPTIONS, type BusOptions } from './options';
import { isStored, streamOf } from './streams';
import { decode } from './wire/decode';
import { encode } from './wire/encode';
import { errorOf } from './wire/error-reply';
import { type OutgoingIds, outgoingHeaders } from './wire/headers';
import { unlessLost } from './wire/unless-lost';
import { unavailable } from './wire/unavailable';

/** Milliseconds that JetStream has to acknowledge a durable event. */
const ACKNOWLEDGE_MS = 5000;

/** The way out of a process: typed events and requests by their contract objects. */
@Injectable()
export class Bus {
  /** Where reported events wait for company, by subject. */
  private readonly bundles = new Map<string, ReportBundles>();

  constructor(
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
    private readonly connection: Connection,
    private readonly streams: StreamKeeper,
    @Optional() private readonly metrics: BusMetrics = new NoMetrics(),
  ) {}

  /** Whether NATS is there now. */
  get connected(): boolean {
    return this.connection.connected;
  }

  /** Calls the listener after each connection that is made but the first. What was ephemeral meanwhile is missed. */
  onReconnect(listener: () => void): void {
    this.connection.onReconnect(listener);
  }

  /**
   * Publishes a past fact. Durable and reported ones: fulfilled when their stream has stored it. Others: when it is on the
   * wire.
   * @throws AppError `unavailable` when NATS is away or the stream is full; the event may then have been stored
   * nevertheless. A repetition of a durable one with the same `messageId` is dropped by JetStream; who consumes reported
   * ones tells repetitions apart. `internal` when the contract names other publishers, `too-large` beyond 1 MiB
   */
  async publish<T extends object>(event: BusEvent<T>, payload: T, ids: Partial<OutgoingIds> = {}): Promise<void> {
    await this.publishShaped(event, shape(event.payload, payload), ids);
  }

  /** As `publish`, for a payload that already has the shape of its contract: a row of the outbox, a report as it was taken. */
  async publishShaped<T>(
    event: Pick<BusEvent, 'subject' | 'delivery' | 'publishers' | 'consumers'>,
    payload: T,
    ids: Partial<OutgoingIds> = {},
  ): Promise<void> {
    this.mustBeOneOf(event.publishers, `publish ${event.subject}`);
    const correlationId = ids.correlationId ?? currentCorrelationId() ?? randomUUID();
    try {
      const link = this.connection.require();
      const body = encode(event.subject, payload);
      if (event.delivery === 'reported') await this.bundlesOf(event).add(body);
      else {
        const headers = outgoingHeaders({ correlationId, messageId: ids.messageId ?? randomUUID() });
        if (isStored(event)) await this.store(link, event, body, headers);
        else link.nats.publish(event.subject, body, { headers });
      }
    } catch (error) {
      this.metrics.inc('muster_bus_published_total', { subject: event.subject, outcome: 'failed' });
      throw unavailable(`${event.subject} could not be published`, error);
    }
    this.metrics.inc('muster_bus_published_total', { subject: event.subject, outcome: 'ok' });
  }

  /** JetStream would keep each message id in memory, for a window that says nothing about reports: they have none. */
  private bundlesOf(event: Pick<BusEvent, 'subject' | 'delivery' | 'consumers'>): ReportBundles {
    let bundles = this.bundles.get(event.subject);
    if (!bundles) {
      bundles = new ReportBundles(async (body) =>
        this.store(this.connection.require(), event, body, outgoingHeaders({ correlationId: randomUUID() })),
      );
      this.bundles.set(event.subject, bundles);
    }
    return bundles;
  }

  private async store(
    link: Link,
    event: Pick<BusEvent, 'subject' | 'delivery' | 'consumers'>,
    body: string,
    headers: MsgHdrs,
  ): Promise<void> {
    const stream = streamOf(event) ?? 'EVENTS';
    await this.streams.ensure(link, stream);
    try {
      const stored = jetstream(link.nats).publish(event.subject, body, { headers, timeout: ACKNOWLEDGE_MS });
      await unlessLost(link.lost, stored);
    } catch (error) {
      // A refusal by JetStream itself says that the stream is there. Without an answer it may be gone.
      if (!(error instanceof JetStreamApiError)) this.streams.forget(link, stream);
      throw error;
    }
  }

  /**
   * Asks the service that the contract names and waits for its answer.
   * @throws AppError as the server threw it; `unavailable` when NATS or the server is away or does not answer in time
   */
  async request<Q extends object, R extends object>(contract: BusRequest<Q, R>, payload: Q): Promise<R> {
    const started = performance.now();
    const { subject } = contract;
    try {
      const reply = await this.exchange(contract, payload);
      this.metrics.inc('muster_bus_requests_total', { subject, outcome: 'ok' });
      return reply;
    } catch (error) {
      const outcome = error instanceof AppError ? error.code : 'internal';
      this.metrics.inc('muster_bus_requests_total', { subject, outcome });
      throw error;
    } finally {
      this.metrics.observe('muster_bus_request_seconds', { subject }, (performance.now() - started) / 1000);
    }
  }

  private async exchange<Q extends object, R extends object>(contract: BusRequest<Q, R>, payload: Q): Promise<R> {
    this.mustBeOneOf(contract.callers, `ask ${contract.subject}`);
    const headers = outgoingHeaders({ correlationId: currentCorrelationId() ?? randomUUID() });
    const body = encode(contract.subject, shape(contract.request, payload));
    const { nats, lost } = this.connection.require();
    const asked = nats.request(contract.subject, body, { headers, timeout: contract.timeoutMs });
    const answer = await unlessLost(lost, asked).catch((error: unknown) => {
      throw unavailable(`${contract.server} did not answer ${contract.subject}`, error);
    });
    const refusal = errorOf(answer);
    if (refusal) throw refusal;
    try {
      return decode(contract.reply, answer.data);
    } catch (error) {
      const what = error instanceof InvalidInput ? error.message : String(error);
      throw new AppError('internal', `${contract.server} answered ${contract.subject} wrongly: ${what}`, {
        cause: error,
      });
    }
  }

  /** NATS would refuse it as well, but only its log would say why. */
  private mustBeOneOf(services: readonly ServiceName[], doing: string): void {
    const { service } = this.options;
    if (!services.includes(service)) throw new AppError('internal', `The contracts do not let ${service} ${doing}.`);
  }
}
