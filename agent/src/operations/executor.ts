import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { OperationPayload, OperationReport } from '@muster/contracts';
import type { Platform } from '../platform/platform';
import type { AuditTrail } from '../reports/audit-trail';
import type { ServerClock } from '../state/clock';
import { removeUnlessUsed } from '../state/files';
import { type Log, reason } from '../state/log';
import type { Journal, JournalEntry } from './journal';
import type { OutputSender } from './output-sender';
import type { OutputSpool } from './output-spool';
import { OutputWriter } from './output-writer';
import { type RunEnd, ScriptRun } from './script-run';

export interface ExecutorParts {
  journal: Journal;
  platform: Platform;
  spool: OutputSpool;
  sender: OutputSender;
  audit: AuditTrail;
  clock: ServerClock;
  log: Log;
}
export interface ExecutorSettings {
  /** Folder for scripts while they run. */
  runs: string;
  outputPerOperation: number;
  graceMs: number;
}

const MOST_HELD = 20;
const MOST_ATTEMPTS = 3;
const OUTPUT_FIRST_WITHIN_MS = 30_000;
const RETRY_AFTER_DISK_FAULT_MS = 30_000;

/**
 * Runs accepted operations one after the other in the order of their numbers, so that what a person asked for first is
 * done first. Every step goes through the journal before it has an effect.
 */
export class Executor {
  private running?: { id: string; run: ScriptRun };
  private readonly unannounced = new Set<string>();
  /** Ended, but their output goes ahead of the report; with the time limit for it once the server is in reach. */
  private readonly withheld = new Map<string, NodeJS.Timeout | undefined>();
  private stopping = false;
  private current?: Promise<void>;

  /** @param onProgress something is to be reported */
  constructor(
    private readonly parts: ExecutorParts,
    private readonly settings: ExecutorSettings,
    private readonly onProgress: () => void,
  ) {}

  /** After a start: ends what an earlier agent process left behind, decides what becomes of it, and goes on. */
  recover(): void {
    const { journal, spool, sender } = this.parts;
    for (const entry of journal.all()) {
      if (entry.state === 'ended' && spool.kept().includes(entry.id)) this.withhold(entry.id);
      if (entry.state !== 'started') continue;
      this.killLeftovers(entry);
      const again = entry.operation?.idempotent && entry.attempts < MOST_ATTEMPTS;
      if (!again)
        this.end(entry.id, { outcome: 'interrupted', message: 'the agent ended while it ran' }, spool.resume(entry.id));
    }
    removeUnlessUsed(this.settings.runs);
    mkdirSync(this.settings.runs, { recursive: true, mode: 0o700 });
    for (const id of spool.kept()) if (!journal.get(id)) sender.release(id);
    void sender.kick();
    this.pump();
  }

  /** How many more operations may be taken in. */
  get capacity(): number {
    return Math.max(0, MOST_HELD - this.parts.journal.all().length);
  }

  /** Journalled and not yet reported ended. */
  get holding(): string[] {
    return this.parts.journal
      .all()
      .filter(({ state }) => state !== 'ended')
      .map(({ id }) => id)
      .slice(0, 200);
  }

  /** Everything that the server is still to be told: starts once, ends until they are settled. */
  reports(): OperationReport[] {
    const at = new Date().toISOString();
    const started = [...this.unannounced].map((operationId) => ({ operationId, outcome: 'started' as const, at }));
    const ended = this.parts.journal
      .all()
      .flatMap(({ id, report }) => (report && !this.withheld.has(id) ? [report] : []));
    return [...started, ...ended].slice(0, 200);
  }

  /** The server has these reports. */
  delivered(reports: readonly OperationReport[]): void {
    for (const { operationId, outcome } of reports) if (outcome === 'started') this.unannounced.delete(operationId);
    for (const [id, limit] of this.withheld)
      this.withheld.set(id, limit ?? setTimeout(() => this.release(id), OUTPUT_FIRST_WITHIN_MS).unref());
  }

  /** The server has stored these ends. */
  settle(ids: readonly string[]): void {
    this.parts.journal.settle(ids);
    for (const id of ids) this.parts.sender.release(id);
  }

  cancel(id: string): void {
    const { journal } = this.parts;
    const entry = journal.get(id);
    if (this.running?.id === id) this.running.run.stop('cancelled');
    else if (entry?.operation) this.end(id, { outcome: 'cancelled', message: 'cancelled before it started' }, 0);
    else if (!entry) journal.cancel(id);
  }

  /** Starts the next operation when none runs. */
  pump(): void {
    if (this.stopping || this.running) return;
    const next = this.parts.journal.all().find(({ id, state }) => state !== 'ended' && id !== this.running?.id);
    if (!next?.operation) return;
    if (Date.parse(next.operation.expiresAt) <= this.parts.clock.now()) {
      this.end(next.id, { outcome: 'refused', refusal: 'expired', message: 'it expired before its turn came' }, 0);
      return this.pump();
    }
    this.current = this.execute(next.operation).catch((error) => {
      this.parts.log.error('operation not started', { operationId: next.id, why: reason(error) });
      setTimeout(() => this.pump(), RETRY_AFTER_DISK_FAULT_MS).unref();
    });
  }

  /** Ends what runs and returns when the journal says so. An idempotent operation stays to be run again. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.running?.run.stop('agent-stops');
    await this.current;
  }

  private async execute(operation: OperationPayload): Promise<void> {
    const { journal, platform, spool, sender, audit, log } = this.parts;
    const { operationId: id } = operation;
    const interpreter = platform.interpreter(operation.language);
    if (!interpreter) {
      this.end(
        id,
        { outcome: 'refused', refusal: 'unsupported', message: `this device has no ${operation.language}` },
        0,
      );
      return this.pump();
    }
    const marker = randomUUID();
    const writer = new OutputWriter(
      id,
      spool,
      { perOperation: this.settings.outputPerOperation },
      () => void sender.kick(),
      spool.resume(id),
    );
    journal.start(id, marker);
    audit.record('operation.started', { kind: operation.kind, language: operation.language }, id);
    const { runs, graceMs } = this.settings;
    const run = new ScriptRun({ operation, interpreter, marker, runs, graceMs }, platform, writer);
    this.running = { id, run };
    this.noteLeader(id, run.pid);
    this.unannounced.add(id);
    log.info('operation started', { operationId: id, pid: run.pid });
    this.onProgress();

    const end = await run.ended;
    this.running = undefined;
    this.unannounced.delete(id);
    log.info('operation ended', { operationId: id, ...end });
    const runsAgain = end.outcome === 'interrupted' && operation.idempotent;
    if (!runsAgain) this.end(id, end, writer.chunks, writer.truncated);
    this.pump();
  }

  private end(
    id: string,
    end: Omit<RunEnd, 'outcome'> & Pick<OperationReport, 'outcome' | 'refusal'>,
    chunks: number,
    outputTruncated = false,
  ): void {
    const { journal, audit, log } = this.parts;
    const at = new Date().toISOString();
    const { outcome, refusal, exitCode, signal, durationMs, message } = end;
    if (outcome === 'refused') audit.record('operation.refused', { refusal, why: message }, id);
    else audit.record('operation.ended', { outcome, exitCode, signal, durationMs, message }, id);
    if (chunks > 0) this.withhold(id);
    try {
      journal.end({ operationId: id, at, ...end, chunks, outputTruncated });
    } catch (error) {
      log.error('the end of an operation could not be written down', { operationId: id, why: reason(error) });
    }
    this.onProgress();
  }

  /** Output first, so that who sees the end sees all of it; but not at the price of the report. */
  private withhold(id: string): void {
    this.withheld.set(id, undefined);
    void this.parts.sender.drained(id).then(() => this.release(id));
  }

  private release(id: string): void {
    clearTimeout(this.withheld.get(id));
    if (this.withheld.delete(id)) this.onProgress();
  }

  private noteLeader(id: string, pid: number | undefined): void {
    try {
      if (pid !== undefined) this.parts.journal.spawned(id, pid);
    } catch (error) {
      // It runs already. After a crash its processes would be found by their marker alone.
      this.parts.log.error('the process of an operation could not be written down', {
        operationId: id,
        why: reason(error),
      });
    }
  }

  private killLeftovers(entry: JournalEntry): void {
    if (!entry.run) return;
    for (const leader of this.parts.platform.leftoverGroups(entry.run.marker, entry.run.pid)) {
      this.parts.log.warn('processes of an interrupted operation ended', { operationId: entry.id, group: leader });
      this.parts.platform.signalGroup(leader, 'SIGKILL');
    }
  }
}
