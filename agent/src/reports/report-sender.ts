import { setTimeout as pause } from 'node:timers/promises';
import type { RefusedReport, ReportBatch, ReportsTaken, Route } from '@muster/contracts';
import { BackOff } from '../net/back-off';
import type { FunctionServer } from '../net/function-server';
import { HttpFailure } from '../net/http-client';
import { type Log, reason } from '../state/log';
import type { BatchLimits, ReportSpool, SpooledBatch } from './report-spool';
import type { ReportTime } from './report-time';

export interface ReportSenderParts {
  spool: ReportSpool;
  server: Pick<FunctionServer, 'call' | 'served'>;
  route: Route<object, object, ReportBatch, ReportsTaken>;
  time: ReportTime;
  /** The local log: a line about reports that are not sent must not become a report. */
  log: Log;
}
export interface ReportSenderEvents {
  certificateRefused(): void;
  /** The server answered: it may say how often it wants samples. */
  taken(reply: ReportsTaken): void;
}
export interface ReportTiming {
  sendSeconds: number;
  /** The first batch goes by chance within so many seconds, so that a fleet that starts at once does not send at once. */
  spreadSeconds: number;
}

const FULL: BatchLimits = { reports: 500, bytes: 500_000 };
const SHORTEST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 300_000;
/** A server that asks for more than this is asked again all the same. */
const LONGEST_RETRY_AFTER_SECONDS = 3600;
const SEND_SECONDS = { least: 5, most: 3600 };
/** Between two batches of one that catches up, so that a fleet after an outage leaves room for its neighbours. */
const BETWEEN_BATCHES_MS = { least: 100, more: 300 };

export const within = (value: number, { least, most }: { least: number; most: number }): number =>
  Math.min(most, Math.max(least, value));

/**
 * Empties a spool at regular times, in order, one request at a time. What the server took or refused is forgotten;
 * everything else stays and is tried again with growing waits.
 */
export class ReportSender {
  lastSent?: string;
  private readonly backOff = new BackOff(SHORTEST_WAIT_MS, LONGEST_WAIT_MS);
  private limits = FULL;
  private timer?: NodeJS.Timeout;
  private due = Infinity;
  private running?: Promise<void>;
  /** Nobody answered the last time. */
  private unreached = false;
  private failing = false;
  private begun = false;
  private stopped = false;

  constructor(
    private readonly parts: ReportSenderParts,
    private readonly events: ReportSenderEvents,
    private readonly timing: ReportTiming,
  ) {}

  start(): void {
    this.schedule(Math.random() * this.timing.spreadSeconds * 1000);
  }

  /** There is something that should not wait for the next regular time. */
  soon(withinMs: number): void {
    if (this.begun && !this.failing) this.advance(Math.random() * withinMs);
  }

  /** Servers are in reach again: no need to wait out the rest of a back-off, but for one that a server asked for. */
  reachable(): void {
    if (this.unreached) this.advance(Math.random() * SHORTEST_WAIT_MS);
  }

  /** Sends what there is once more if it can be done in this time. */
  async stop(withinMs: number): Promise<void> {
    clearTimeout(this.timer);
    if (!this.failing && this.parts.spool.waiting > 0) {
      await Promise.race([this.begin(), pause(withinMs, undefined, { ref: false })]);
    }
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(waitMs: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.due = performance.now() + waitMs;
    this.timer = setTimeout(() => void this.begin(), waitMs);
  }

  private begin(): Promise<void> {
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  private advance(waitMs: number): void {
    if (!this.running && performance.now() + waitMs < this.due) this.schedule(waitMs);
  }

  private async run(): Promise<void> {
    this.begun = true;
    let waitMs: number;
    try {
      if (this.parts.server.served) await this.sendAll();
      this.failing = this.unreached = false;
      this.backOff.reset();
      waitMs = this.timing.sendSeconds * 1000 * (0.95 + Math.random() * 0.1);
    } catch (error) {
      waitMs = this.failed(error);
    }
    this.schedule(waitMs);
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      const sentAt = this.parts.time.now();
      const batch = this.parts.spool.peek(this.limits, sentAt);
      if (!batch) return;
      await this.send(batch, sentAt);
      if (this.stopped || this.parts.spool.waiting === 0) return;
      await pause(BETWEEN_BATCHES_MS.least + Math.random() * BETWEEN_BATCHES_MS.more);
    }
  }

  private async send(batch: SpooledBatch, sentAt: Date): Promise<void> {
    const { spool, server, route, log } = this.parts;
    const body: ReportBatch = { spool: batch.spool, sentAt: sentAt.toISOString(), reports: batch.reports };
    try {
      const reply = await server.call(route, { body });
      if (this.stopped) return;
      spool.handled(batch);
      this.lastSent = new Date().toISOString();
      this.limits = FULL;
      this.obey(reply);
    } catch (error) {
      const refused = error instanceof HttpFailure && error.bodyRefused && !error.certificateRefused;
      if (!refused || this.stopped) throw error;
      // One of them spoils the batch: halves find it.
      this.limits = { ...FULL, reports: Math.ceil(batch.reports.length / 2) };
      if (batch.reports.length > 1) return;
      log.warn('report refused', { sequence: batch.reports[0]?.sequence, why: reason(error) });
      spool.handled(batch);
      this.limits = FULL;
    }
  }

  private obey(reply: ReportsTaken): void {
    if (reply.sendSeconds !== undefined) this.timing.sendSeconds = within(reply.sendSeconds, SEND_SECONDS);
    this.logRefusals(reply.refused);
    this.events.taken(reply);
  }

  /** A line for each code; the server will not see these reports again. */
  private logRefusals(refused: readonly RefusedReport[]): void {
    for (const code of new Set(refused.map((one) => one.code))) {
      const those = refused.filter((one) => one.code === code);
      const sequences = those.slice(0, 20).map(({ sequence }) => sequence);
      this.parts.log.warn('reports refused', { code, count: those.length, sequences, why: those[0]?.problem });
    }
  }

  private failed(error: unknown): number {
    const failure = error instanceof HttpFailure ? error : undefined;
    this.failing = true;
    this.unreached = failure === undefined;
    const asked = Math.min(failure?.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS);
    const waitMs = Math.round(this.backOff.next(asked));
    if (this.stopped) return waitMs;
    const { route, log } = this.parts;
    log.warn('reports not sent', { to: route.path, why: reason(error), retryInMs: waitMs });
    if (failure?.certificateRefused) this.events.certificateRefused();
    return failure?.code === 'device-revoked' ? Math.max(waitMs, LONGEST_WAIT_MS) : waitMs;
  }
}
