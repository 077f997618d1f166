import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, maintainPartitions } from '@muster/database';
import { Log } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { Periodic } from '../periodic';
import { SCHEMA } from '../schema';
import { AHEAD_DAYS, keptDays } from './kept';

/**
 * Makes partitions ahead and drops those whose time is over: before anything is consumed, and then regularly. Any instance
 * may, also at the same time.
 */
@Injectable()
export class Retention implements OnModuleInit, BeforeApplicationShutdown {
  private readonly periodic: Periodic;

  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic(
      config.RETENTION_SECONDS * 1000,
      () => this.maintain(),
      (error) => this.log.warn({ err: error }, 'Partitions were not maintained. They will be, a little later.'),
    );
  }

  /** A database that is away now is no reason to stop: consumers wait for it as well. */
  async onModuleInit(): Promise<void> {
    await this.periodic.run();
    this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  async maintain(): Promise<void> {
    for (const [table, keepDays] of Object.entries(keptDays(this.config))) {
      const { created, dropped } = await this.database.unscoped((manager) =>
        maintainPartitions(manager, SCHEMA, table, { keepDays, aheadDays: AHEAD_DAYS }),
      );
      if (dropped.length > 0) this.log.info({ table, dropped }, 'Dropped what is older than what is kept.');
      if (created.length > 0) this.log.debug({ table, created }, 'Made room.');
    }
  }
}
