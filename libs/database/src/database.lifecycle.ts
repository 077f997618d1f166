import { setTimeout as pause } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { appDataSource } from './data-source';
import type { ConnectionOptions, SchemaOptions } from './database.options';
import { isConnectionLoss } from './errors';
import { migrate } from './migrate';
import type { OutboxReader } from './outbox/outbox-reader';

const RETRY_AFTER = 1_000;

/**
 * Migrates and connects; waits for a server that is not there yet, however long it takes, since starting in the wrong
 * order is no fault. Anything else (a wrong password, a failing migration) ends the start.
 */
export async function openDatabase(schema: SchemaOptions, connection: ConnectionOptions): Promise<DataSource> {
  for (;;) {
    try {
      if (connection.ownerUrl) await migrate(schema, connection.ownerUrl, connection.log);
      return await appDataSource(schema, connection).initialize();
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      connection.log?.('warn', { err: error, retryAfterMilliseconds: RETRY_AFTER }, 'Waiting for the database.');
      await pause(RETRY_AFTER);
    }
  }
}

/** Closes the connections after HTTP and bus are done with them. */
export class DatabaseLifecycle implements OnApplicationShutdown {
  constructor(
    private readonly source: DataSource,
    private readonly reader: OutboxReader,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.reader.close();
    if (this.source.isInitialized) await this.source.destroy();
  }
}
