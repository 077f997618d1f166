import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database, isMissingPartition, maintainPartitions, removeOldReceipts } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { SCHEMA } from '../schema';
import { AHEAD_DAYS, keptDays, mergedDays } from './kept';
import { removeOldRows } from './old-rows';

const RETRY_MS = 1000;
const DAY_MS = 86_400_000;

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
      async () => {
        await this.maintain();
        await this.forgetSpools();
        await this.forgetDevices();
      },
      (error) =>
        this.log.warn({ err: error }, 'Not all was maintained: partitions, receipts. It will be, a little later.'),
    );
  }

  /** Nothing is consumed before there is room for it. A database that goes away meanwhile is waited for. */
  async onModuleInit(): Promise<void> {
    for (;;) {
      try {
        await this.maintain();
        break;
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
        this.log.warn({ err: error }, 'Waiting for the database to make room.');
        await pause(RETRY_MS);
      }
    }
    this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /**
   * Runs what stores rows. Where a partition is missing for them (the machine slept for days, say), it is made.
   * @throws AppError `unavailable` then: the same rows have room the next time
   */
  async makingRoom(store: () => Promise<void>): Promise<void> {
    try {
      await store();
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await this.maintain();
      throw new AppError('unavailable', 'There was no room for this time yet. Try again.', { cause: error });
    }
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

  /** Spools that nothing new came of for so long that nothing can come again. */
  async forgetSpools(): Promise<void> {
    const removed = await removeOldReceipts(this.database, SCHEMA, { keepDays: this.config.RECEIPT_DAYS });
    if (removed > 0) this.log.info({ removed }, 'Forgot spools that nothing new came of for long.');
  }

  /** Which device became which, once nothing is kept of the earlier; and what devices handed in on days that are over. */
  async forgetDevices(now = Date.now()): Promise<void> {
    const merged = await removeOldRows(this.database, {
      table: 'rmm_logs.merged_devices',
      condition: 'merged_at < $1',
      before: new Date(now - mergedDays(this.config) * DAY_MS),
    });
    const days = await removeOldRows(this.database, {
      table: 'rmm_logs.output_days',
      condition: `day < ($1::timestamptz AT TIME ZONE 'UTC')::date`,
      before: new Date(now),
    });
    if (merged + days > 0) this.log.debug({ merged, days }, 'Forgot what devices were and what they handed in.');
  }
}
