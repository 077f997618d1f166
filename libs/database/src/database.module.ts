import { type DynamicModule, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Database } from './database';
import { DatabaseLifecycle, openDatabase } from './database.lifecycle';
import { type ConnectionOptions, DATABASE_OPTIONS, type SchemaOptions } from './database.options';
import { Outbox } from './outbox/outbox';
import { OutboxReader } from './outbox/outbox-reader';

/** Not exported from the module: services work through `Database`. */
const DATA_SOURCE = Symbol('DATA_SOURCE');

/** Gives a service its schema: `Database`, `Outbox` and the `OutboxReader` for the relay. */
@Module({})
export class DatabaseModule {
  static forService(schema: SchemaOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        {
          provide: DATA_SOURCE,
          inject: [DATABASE_OPTIONS],
          useFactory: (connection: ConnectionOptions) => openDatabase(schema, connection),
        },
        {
          provide: Database,
          inject: [DATA_SOURCE, DATABASE_OPTIONS],
          useFactory: (source: DataSource, connection: ConnectionOptions) =>
            new Database(schema.schema, source, connection.log),
        },
        {
          provide: Outbox,
          inject: [DATABASE_OPTIONS],
          useFactory: (connection: ConnectionOptions) => new Outbox(connection.correlationId),
        },
        {
          provide: OutboxReader,
          inject: [DATABASE_OPTIONS, Outbox],
          useFactory: (connection: ConnectionOptions, outbox: Outbox) =>
            new OutboxReader(schema.schema, connection, outbox),
        },
        {
          provide: DatabaseLifecycle,
          inject: [DATA_SOURCE, OutboxReader],
          useFactory: (source: DataSource, reader: OutboxReader) => new DatabaseLifecycle(source, reader),
        },
      ],
      exports: [Database, Outbox, OutboxReader],
    };
  }
}
