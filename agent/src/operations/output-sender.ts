import { appendOutput } from '@muster/contracts';
import { BackOff } from '../net/back-off';
import type { FunctionServer } from '../net/function-server';
import { HttpFailure } from '../net/http-client';
import { type Log, reason } from '../state/log';
import type { OutputSpool } from './output-spool';

const MOST_CHUNKS = 64;
/** Beside a refused body: there is no such operation, or it takes no more. */
const FINAL = new Set(['not-found', 'conflict']);

/** Sends spooled output in order, one request at a time, as long as it takes. */
export class OutputSender {
  private readonly offsets = new Map<string, number>();
  private readonly released = new Set<string>();
  private readonly waiting = new Map<string, Array<() => void>>();
  private readonly backOff = new BackOff(1000, 60_000);
  private running?: Promise<void>;
  private again = false;
  private retry?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly spool: OutputSpool,
    private readonly server: Pick<FunctionServer, 'call'>,
    private readonly log: Log,
  ) {}

  /** Something was added, or the server is in reach again. */
  async kick(): Promise<void> {
    if (this.stopped) return;
    this.again = true;
    clearTimeout(this.retry);
    this.running ??= this.run().finally(() => (this.running = undefined));
    await this.running;
  }

  /** Resolves when everything written so far has reached the server (or was refused for good), however long it takes. */
  drained(id: string): Promise<void> {
    const done = new Promise<void>((resolve) => this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]));
    void this.kick();
    return done;
  }

  /** The operation is over: its output goes when the server has it. */
  release(id: string): void {
    if (!this.spool.kept().includes(id)) return;
    this.released.add(id);
    void this.kick();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        for (const id of this.spool.kept()) {
          await this.sendAll(id);
          this.tell(id);
          if (this.released.has(id) && !this.stopped) this.forget(id);
        }
        this.backOff.reset();
      } catch (error) {
        const waitMs = this.backOff.next(error instanceof HttpFailure ? error.retryAfterSeconds : 0);
        this.log.warn('output not sent', { why: reason(error), retryInMs: Math.round(waitMs) });
        this.retry = setTimeout(() => void this.kick(), waitMs);
        return;
      }
    }
  }

  private tell(id: string): void {
    if (this.stopped) return;
    for (const resolve of this.waiting.get(id) ?? []) resolve();
    this.waiting.delete(id);
  }

  private forget(id: string): void {
    this.spool.remove(id);
    this.offsets.delete(id);
    this.released.delete(id);
  }

  private async sendAll(id: string): Promise<void> {
    while (!this.stopped) {
      const { chunks, nextOffset } = this.spool.read(id, this.offset(id));
      if (chunks.length === 0) return;
      for (let first = 0; first < chunks.length; first += MOST_CHUNKS)
        await this.send(id, { chunks: chunks.slice(first, first + MOST_CHUNKS) });
      this.offsets.set(id, nextOffset);
      this.spool.markSent(id, nextOffset);
    }
  }

  private async send(id: string, body: { chunks: ReturnType<OutputSpool['read']>['chunks'] }): Promise<void> {
    try {
      await this.server.call(appendOutput, { params: { id }, body });
    } catch (error) {
      // These will never be taken; keeping them would hold up everything behind them.
      const final = error instanceof HttpFailure && (error.bodyRefused || FINAL.has(error.code));
      if (!final) throw error;
      this.log.warn('output refused', { operationId: id, why: reason(error) });
    }
  }

  private offset(id: string): number {
    let offset = this.offsets.get(id);
    if (offset === undefined) this.offsets.set(id, (offset = this.spool.sent(id)));
    return offset;
  }
}
