import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import {
  connect,
  type NatsConnection,
  PermissionViolationError,
  type Status,
  type Subscription,
} from '@nats-io/transport-node';
import { BusMetrics, NoMetrics } from './metrics';
import { BUS_OPTIONS, type BusOptions } from './options';
import { messageOf } from './wire/unavailable';
import { unlessLost } from './wire/unless-lost';

const RETRY_MS = 250;
/** Longest time for sending what is left at the end. */
const DRAIN_MS = 5000;
/** With two pings unanswered a silent connection counts as gone. */
const PING_MS = 5000;

/** One stretch of time with NATS: from a connection, or reconnection, until it is lost. */
export interface Link {
  nats: NatsConnection;
  lost: AbortSignal;
}

/** Called for each new connection; subscriptions made here survive the reconnections that the library makes itself. */
export type Session = (nats: NatsConnection) => void;

/**
 * One connection to NATS, made in the background and for ever. The client library reconnects by itself; should it
 * give up nevertheless, a new connection is made and every session is started on it again.
 */
@Injectable()
export class Connection {
  private readonly log = new Logger('Bus');
  private readonly sessions: Session[] = [];
  private readonly reconnected: (() => void)[] = [];
  private readonly waiting = new Set<(link: Link) => void>();
  private readonly stopping = manyListeners(new AbortController());
  private current?: { link: Link; lose: AbortController };
  private nats?: NatsConnection;
  private running?: Promise<void>;
  private everConnected = false;
  private lastFailure = '';

  constructor(
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
    @Optional() private readonly metrics: BusMetrics = new NoMetrics(),
  ) {}

  get connected(): boolean {
    return this.current !== undefined;
  }

  /** The live link. @throws AppError `unavailable` at once when there is none */
  require(): Link {
    if (!this.current) throw new AppError('unavailable', 'The message bus is away.', { retryAfterSeconds: 5 });
    return this.current.link;
  }

  /** The live link, or the next one. Rejects when the signal aborts first. */
  async link(signal: AbortSignal): Promise<Link> {
    signal.throwIfAborted();
    if (this.current) return this.current.link;
    return new Promise((resolve, reject) => {
      const found = (link: Link): void => {
        signal.removeEventListener('abort', ended);
        resolve(link);
      };
      const ended = (): void => {
        this.waiting.delete(found);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', ended, { once: true });
      this.waiting.add(found);
    });
  }

  onSession(session: Session): void {
    this.sessions.push(session);
    if (this.nats) session(this.nats);
  }

  /** Fulfilled when the server knows the subscriptions made so far; at once when NATS is away. */
  async flush(): Promise<void> {
    const link = this.current?.link;
    if (link) await unlessLost(link.lost, link.nats.flush()).catch(() => undefined);
  }

  onReconnect(listener: () => void): void {
    this.reconnected.push(listener);
  }

  /** Ends subscriptions once what the server has sent already is handed over; at once when NATS is away. */
  async drain(subscriptions: readonly Subscription[]): Promise<void> {
    const lost = this.current?.link.lost;
    if (lost) await Promise.allSettled(subscriptions.map((one) => unlessLost(lost, one.drain())));
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Sends what is still to be sent, then ends for good. */
  async stop(): Promise<void> {
    const nats = this.nats;
    const wasUp = this.current !== undefined;
    this.stopping.abort();
    this.offline();
    if (nats && wasUp) await Promise.race([nats.drain(), pause(DRAIN_MS)]).catch(() => undefined);
    if (nats && !nats.isClosed()) await nats.close();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.live(await this.connect());
      } catch (error) {
        this.failed(error);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
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
      pingInterval: PING_MS,
      timeout: 5000,
      // The library would make an error with a stack for each request, in case that it fails.
      noAsyncTraces: true,
    });
  }

  private async live(nats: NatsConnection): Promise<void> {
    if (this.stopping.signal.aborted) return nats.close();
    this.nats = nats;
    void this.watch(nats);
    for (const session of this.sessions) session(nats);
    this.soonOnline(nats);
    const reason = await nats.closed();
    this.nats = undefined;
    this.offline();
    if (reason) throw reason;
  }

  private async watch(nats: NatsConnection): Promise<void> {
    for await (const status of nats.status()) this.note(nats, status);
  }

  private note(nats: NatsConnection, status: Status): void {
    if (status.type === 'disconnect' || status.type === 'staleConnection') this.offline();
    else if (status.type === 'reconnect') this.soonOnline(nats);
    else if (status.type === 'error') this.failed(status.error);
  }

  /** Who sees this process connected finds its subscriptions with the server. */
  private soonOnline(nats: NatsConnection): void {
    nats.flush().then(
      () => this.online(nats),
      // Lost again already: the next connection tells.
      () => undefined,
    );
  }

  private online(nats: NatsConnection): void {
    if (this.current || this.stopping.signal.aborted) return;
    const lose = manyListeners(new AbortController());
    this.current = { link: { nats, lost: lose.signal }, lose };
    this.lastFailure = '';
    this.metrics.inc('muster_bus_connections_total', {});
    this.log.log({ message: 'NATS is there', user: this.options.user });
    for (const found of this.waiting) found(this.current.link);
    this.waiting.clear();
    if (this.everConnected) for (const listener of this.reconnected) listener();
    this.everConnected = true;
  }

  private offline(): void {
    if (!this.current) return;
    const { lose } = this.current;
    this.current = undefined;
    lose.abort(new AppError('unavailable', 'The message bus went away.', { retryAfterSeconds: 5 }));
    if (!this.stopping.signal.aborted) this.log.warn({ message: 'NATS went away' });
  }

  /** The same failure again and again is told once; a refusal by permissions needs somebody to act. */
  private failed(error: unknown): void {
    const failure = messageOf(error);
    if (failure === this.lastFailure || this.stopping.signal.aborted) return;
    this.lastFailure = failure;
    if (error instanceof PermissionViolationError)
      this.log.error({
        message: 'NATS refused what the contracts do not allow',
        operation: error.operation,
        subject: error.subject,
        user: this.options.user,
      });
    else this.log.warn({ message: 'NATS is away', error: failure });
  }
}

const pause = (ms: number): Promise<void> => delay(ms, undefined, { ref: false });

/** Each request on its way listens for the end: many listeners are no leak here. */
export function manyListeners(controller: AbortController): AbortController {
  setMaxListeners(0, controller.signal);
  return controller;
}
