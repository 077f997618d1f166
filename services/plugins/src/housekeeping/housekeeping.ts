import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Database, maintainPartitions } from '@muster/database';
import { Log } from '@muster/service-kit';
import { PluginsConfig } from '../config';
import { tidyCatalogue, tidyWaiting } from './tidying';

const INTERVAL_MS = 3_600_000;
/** Months of history are made so far ahead, so that an hour's work that fails for long is no harm. */
const AHEAD_DAYS = 62;

/** Months of history, before anything is stored and then hourly; and what nothing needs any more. Any instance may. */
@Injectable()
export class Housekeeping implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly config: PluginsConfig,
    private readonly log: Log,
  ) {}

  /** Before consumers start. */
  async onModuleInit(): Promise<void> {
    await this.keepMonths();
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.run());
    }, INTERVAL_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round of everything; what fails is tried again by the next. */
  async run(): Promise<void> {
    const works = [() => this.keepMonths(), () => tidyWaiting(this.database, this.config.PENDING_MINUTES)];
    for (const work of [...works, () => tidyCatalogue(this.database)]) {
      try {
        await work();
      } catch (error) {
        this.log.warn({ err: error }, 'Housekeeping failed; it is tried again in an hour.');
      }
    }
  }

  private async keepMonths(): Promise<void> {
    const months = { keepDays: this.config.HISTORY_DAYS, aheadDays: AHEAD_DAYS };
    const { created, dropped } = await this.database.unscoped((manager) =>
      maintainPartitions(manager, 'plugins', 'changes', months),
    );
    if (created.length + dropped.length > 0) this.log.info({ created, dropped }, 'Months of history.');
  }
}
