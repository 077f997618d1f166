import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { connect, type NatsConnection, type Status } from '@nats-io/transport-node';
import { BUS_OPTIONS, type BusOptions } from './options';
import { BusMetrics } from './metrics';

const RETRY_MS = 500;

/** What happens on every connection, the first one included: subscriptions, streams, consumers. */
export type Session = (nats: NatsConnection) => void;

/**
 * One connection to NATS, made in the background and for ever. The client library reconnects by itself; should it
 * give up nevertheless, a new connection is made and each session is started on it again.
 */
@Injectable()
export class Connection {
  private readonly log = new Logger('Bus');
  private readonly sessions: Session[] = [];
  private readonly reconnected: (() => void)[] = [];
  private readonly lost: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private nats?: NatsConnection;
  private up = false;
  private running?: Promise<void>;
  private everConnected = false;

  constructor(
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
    private readonly metrics: BusMetrics,
  ) {}

  get connected(): boolean {
    return this.up;
  }

  /** The live connection. @throws AppError `unavailable` at once when there is none */
  require(): NatsConnection {
    if (!this.up || !this.nats) throw new AppError('unavailable', 'The message bus is away.', { retryAfterSeconds: 5 });
    return this.nats;
  }

  onSession(session: Session): void {
    this.sessions.push(session);
    if (this.up && this.nats) session(this.nats);
  }

  onReconnect(listener: () => void): void {
    this.reconnected.push(listener);
  }

  onLost(listener: () => void): void {
    this.lost.push(listener);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Sends what is still to be sent, then ends. Later calls find the bus away. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const nats = this.nats;
    this.up = false;
    if (nats && !nats.isClosed()) await nats.drain().catch(() => nats.close());
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.live(await this.connect());
      } catch (error) {
        this.log.warn({ message: 'NATS is away', error: messageOf(error) });
      }
      await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private connect(): Promise<NatsConnection> {
    const { url, user, password, service, name } = this.options;
    return connect({
      servers: url.split(',').map((server) => server.trim()),
      user,
      pass: password,
      name: name ?? service,
      inboxPrefix: `_INBOX.${service}`,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: RETRY_MS,
      pingInterval: 10_000,
      timeout: 5000,
    });
  }

  private async live(nats: NatsConnection): Promise<void> {
    if (this.stopping.signal.aborted) return nats.close();
    this.nats = nats;
    void this.watch(nats);
    this.online();
    for (const session of this.sessions) session(nats);
    await nats.closed();
    this.offline();
  }

  private async watch(nats: NatsConnection): Promise<void> {
    for await (const status of nats.status()) this.note(status);
  }

  private note(status: Status): void {
    if (status.type === 'disconnect') this.offline();
    else if (status.type === 'reconnect') this.online();
    else if (status.type === 'error') this.log.error({ message: 'NATS refused', error: status.error.message });
  }

  private online(): void {
    this.up = true;
    this.metrics.inc('muster_bus_connections_total', {});
    this.log.log({ message: 'NATS is there', user: this.options.user });
    if (this.everConnected) for (const listener of this.reconnected) listener();
    this.everConnected = true;
  }

  private offline(): void {
    if (!this.up) return;
    this.up = false;
    if (!this.stopping.signal.aborted) this.log.warn({ message: 'NATS went away' });
    for (const listener of this.lost) listener();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
