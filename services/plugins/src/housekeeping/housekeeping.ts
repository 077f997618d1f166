import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database, maintainPartitions, removeOldReceipts } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { PluginsConfig } from '../config';
import { tidyCatalogue, tidyWaiting } from './tidying';

const INTERVAL_MS = 3_600_000;
/** How soon a round follows one in which something failed. */
const RETRY_MS = 60_000;
/** Months of history are made so far ahead, so that work that fails for long is no harm. */
const AHEAD_DAYS = 62;

/** Months of history, before anything is stored and then hourly; and what nothing needs any more. Any instance may. */
@Injectable()
export class Housekeeping implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly periodic: Periodic;
  /** When the next round is due, on the clock of `performance.now()`. */
  private due = 0;

  constructor(
    private readonly database: Database,
    private readonly config: PluginsConfig,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic(
      RETRY_MS,
      () => (performance.now() < this.due ? Promise.resolve() : this.round()),
      (error) => this.failed(error),
    );
  }

  /** Before consumers start. A database that is away just now ends no start: the next round makes them, or who needs one. */
  async onModuleInit(): Promise<void> {
    try {
      await this.keepMonths();
      this.due = performance.now() + INTERVAL_MS;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
      this.failed(error);
    }
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** A round now if one is due, as the timer does it. */
  whenDue(): Promise<void> {
    return this.periodic.run();
  }

  /** One round of everything; what fails keeps nothing else from being done, and is tried again by the next. */
  async round(): Promise<void> {
    const works: Array<() => Promise<unknown>> = [
      () => this.keepMonths(),
      () => tidyWaiting(this.database, this.config.PENDING_MINUTES),
      () => tidyCatalogue(this.database),
      () => removeOldReceipts(this.database, 'plugins', { keepDays: this.config.RECEIPT_DAYS }),
    ];
    let failures = 0;
    for (const work of works) {
      try {
        await work();
      } catch (error) {
        failures += 1;
        this.failed(error);
      }
    }
    this.due = failures > 0 ? 0 : performance.now() + INTERVAL_MS;
  }

  private failed(error: unknown): void {
    this.log.warn({ err: error, retryAfterMilliseconds: RETRY_MS }, 'Housekeeping failed; it is tried again.');
  }

  /** @throws AppError `unavailable` without a database */
  async keepMonths(): Promise<void> {
    const months = { keepDays: this.config.HISTORY_DAYS, aheadDays: AHEAD_DAYS };
    const { created, dropped } = await this.database.unscoped((manager) =>
      maintainPartitions(manager, 'plugins', 'changes', months),
    );
    if (created.length + dropped.length > 0) this.log.info({ created, dropped }, 'Months of history.');
  }
}
