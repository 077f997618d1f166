import { type DynamicModule, Module } from '@nestjs/common';
import { BUS_OPTIONS, type BusOptions, currentCorrelationId, OUTBOX_SOURCE } from '@muster/bus';
import {
  type ConnectionOptions,
  Database,
  DATABASE_OPTIONS,
  DatabaseModule,
  OutboxReader,
  type SchemaOptions,
} from '@muster/database';
import { Health } from '../health/health';
import { Log } from '../log/log';
import { ListExports } from '../routes/list-export/list-exports';
import { DatabaseConfigFields } from './database.config';

/**
 * Gives a service its schema, as `DatabaseModule` does, and ties it to the rest of the service: the connection comes
 * from its configuration (which extends `DatabaseConfigFields`), readiness asks the database, the bus publishes what is
 * committed to the outbox, and lists that people take away as files are facts. An entry of its own (`@muster/service-kit/database`), so that a service without database
 * carries no part of TypeORM.
 */
@Module({})
export class ServiceDatabaseModule {
  constructor(health: Health, database: Database) {
    health.add('database', () => database.ping());
  }

  static forService(schema: SchemaOptions): DynamicModule {
    return {
      module: ServiceDatabaseModule,
      global: true,
      imports: [DatabaseModule.forService(schema)],
      providers: [
        {
          provide: DATABASE_OPTIONS,
          inject: [DatabaseConfigFields, BUS_OPTIONS, Log],
          useFactory: connectionOptions,
        },
        { provide: OUTBOX_SOURCE, useExisting: OutboxReader },
        ListExports,
      ],
      exports: [DATABASE_OPTIONS, OUTBOX_SOURCE],
    };
  }
}

function connectionOptions(config: DatabaseConfigFields, { service }: BusOptions, log: Log): ConnectionOptions {
  const part = log.child({ part: 'database' });
  return {
    url: config.DATABASE_URL,
    ...(config.DATABASE_OWNER_URL ? { ownerUrl: config.DATABASE_OWNER_URL } : {}),
    poolSize: config.DATABASE_POOL_SIZE,
    applicationName: `muster ${service}`,
    log: (level, fields, message) => part[level](fields, message),
    correlationId: currentCorrelationId,
  };
}
