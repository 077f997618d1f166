import { readInventoryDigests } from '@muster/contracts';
import { InventoryReporter } from '../inventory/inventory';
import type { FunctionServer } from '../net/function-server';
import { type Log, reason } from '../state/log';
import { within } from './report-sender';
import type { ReportSpool } from './report-spool';

export interface InventoryScheduleParts {
  spool: ReportSpool;
  server: FunctionServer;
  stateFile: string;
  log: Log;
}

/** When the server was not asked yet. */
const COLLECT_SECONDS = 4 * 3600;
const RANGE = { least: 300, most: 604_800 };
/** How often it is looked whether something was installed or removed meanwhile. */
const LOOK_EVERY_MS = 600_000;

/** Collects the inventory soon after the start, at regular times, and when package databases and the like changed. */
export class InventorySchedule {
  private readonly reporter: InventoryReporter;
  private timer?: NodeJS.Timeout;
  private lookedAt = performance.now();
  private seconds = COLLECT_SECONDS;
  private stopped = false;

  /** @param collected there is something to send */
  constructor(
    private readonly parts: InventoryScheduleParts,
    private readonly collected: () => void,
    private readonly spreadSeconds: number,
  ) {
    const { spool, server, stateFile, log } = parts;
    const digests = () => server.call(readInventoryDigests);
    this.reporter = new InventoryReporter({ spool, digests, stateFile, log, now: () => new Date() });
  }

  start(): void {
    this.schedule(Math.random() * this.spreadSeconds);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Now and then: collects before it is time when there is a reason to. */
  tick(): void {
    if (performance.now() - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = performance.now();
    this.reporter.sourcesChanged().then(
      (changed) => {
        if (changed && !this.stopped) void this.collect();
      },
      (error) => this.parts.log.warn('inventory not looked at', { why: reason(error) }),
    );
  }

  private schedule(seconds: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.collect(), seconds * 1000);
  }

  private async collect(): Promise<void> {
    try {
      const { reports, collectSeconds } = await this.reporter.collectNow();
      if (collectSeconds !== undefined) this.seconds = within(collectSeconds, RANGE);
      if (reports > 0) this.collected();
    } catch (error) {
      this.parts.log.warn('inventory not collected', { why: reason(error) });
    }
    this.schedule(this.seconds * (0.95 + Math.random() * 0.1));
  }
}
