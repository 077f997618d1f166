import type { Identity } from '../identity/identity';
import type { Dialler } from '../net/dialler';
import { BackOff } from '../net/back-off';
import { type Log, reason } from '../state/log';
import type { TrustStore } from '../trust/trust-store';
import { PushStream } from './push-stream';

/** Between two signs of life; below the idle limits of common NAT boxes and proxies. */
const PROBE_EVERY_MS = 240_000;
const STABLE_AFTER_MS = 60_000;
/** Without a connection nobody can wake the device: it asks by itself, no more often than this. */
const ASK_EVERY_MS = 60_000;

export interface PushDependencies {
  dialler: Dialler;
  trust: TrustStore;
  identity: Identity;
  log: Log;
}

/** Keeps one push stream open for ever: connects, notices death, waits, connects again. */
export class PushConnection {
  private readonly backOff = new BackOff(1000, 300_000);
  private stream?: PushStream;
  private retry?: NodeJS.Timeout;
  private readonly probing: NodeJS.Timeout;
  private connecting = false;
  private stopped = false;
  private readySince?: number;
  /** When the device was last known to be reachable, or asked by itself. */
  private askedAt = performance.now();

  /** @param onWake called after each connect too, and now and then while there is none: what was missed is fetched by a sync */
  constructor(
    private readonly parts: PushDependencies,
    private readonly onWake: (cause: 'connected' | 'operations' | 'release' | 'cut off') => void,
  ) {
    this.probing = setInterval(() => this.stream?.probe(), PROBE_EVERY_MS * (0.9 + Math.random() * 0.2));
  }

  get connected(): boolean {
    return this.readySince !== undefined;
  }

  /** Connects now, without waiting out a back-off: at the start, after sleep, after a new map or certificate. */
  connect(): void {
    clearTimeout(this.retry);
    if (!this.stopped && !this.stream && !this.connecting) void this.open();
  }

  /** Ends the stream and opens a new one. */
  reconnect(why: string): void {
    this.backOff.reset();
    if (this.stream) this.stream.close(why);
    else this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearInterval(this.probing);
    this.stream?.close('the agent stops');
  }

  private async open(): Promise<void> {
    const { dialler, trust, identity, log } = this.parts;
    const domain = trust.map?.xmppDomain;
    const endpoints = trust.endpoints('push');
    if (!domain || endpoints.length === 0) return;
    this.connecting = true;
    try {
      const socket = await dialler.dial(endpoints, { credential: identity.credential, alpn: 'xmpp-client' });
      if (this.stopped) return void socket.destroy();
      this.stream = new PushStream(socket, domain, {
        ready: (jid) => {
          this.readySince = performance.now();
          log.info('push connected', { jid });
          this.onWake('connected');
        },
        woken: (about) => this.onWake(about),
        closed: (why) => this.lost(why),
      });
    } catch (error) {
      this.wait(reason(error));
    } finally {
      this.connecting = false;
    }
  }

  private lost(why: string): void {
    if (this.readySince !== undefined) this.askedAt = performance.now();
    if (this.readySince !== undefined && performance.now() - this.readySince > STABLE_AFTER_MS) this.backOff.reset();
    this.readySince = undefined;
    this.stream = undefined;
    if (!this.stopped) this.wait(why);
  }

  private wait(why: string): void {
    const waitMs = Math.round(this.backOff.next());
    this.parts.log.warn('push not connected', { why, retryInMs: waitMs });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), waitMs);
    // After an attempt that failed, so that the back-off spreads a fleet whose server went away.
    if (performance.now() - this.askedAt < ASK_EVERY_MS) return;
    this.askedAt = performance.now();
    this.onWake('cut off');
  }
}
