import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import type { ConnectionOptions, DatabaseLog, SchemaOptions } from './database.options';
import { outboxEntity, outboxMigration } from './outbox/outbox.schema';

/** Longest time that one statement may take, in milliseconds: a lost plan must not hold a connection for ever. */
const STATEMENT_TIMEOUT = 30_000;
const CONNECT_TIMEOUT = 5_000;

/** TypeORM prints migrations to the console by itself; what fails is thrown, and what ran is logged by `migrate`. */
const QUIET: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

const logs = new WeakMap<DataSource, DatabaseLog>();

/** Where the process that opened a data source logs. */
export const logOf = (source: DataSource): DatabaseLog => logs.get(source) ?? (() => undefined);

/** The data source of the service's role. Stays inside this library: nobody may go around the organisation wall. */
export function appDataSource(schema: SchemaOptions, connection: ConnectionOptions): DataSource {
  const source = new DataSource({
    type: 'postgres',
    driver: pg, // TypeORM would look for it by name when it runs, beside a bundle that has it inside
    url: connection.url,
    schema: schema.schema,
    entities: [...schema.entities, outboxEntity(schema.schema)],
    applicationName: connection.applicationName ?? `muster ${schema.schema}`,
    poolSize: connection.poolSize ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT,
    // An idle connection that breaks is replaced at its next use; the default handler would only print.
    poolErrorHandler: (error: Error) =>
      connection.log?.('warn', { err: error }, 'An idle database connection was lost.'),
    extra: {
      statement_timeout: STATEMENT_TIMEOUT,
      idle_in_transaction_session_timeout: 2 * STATEMENT_TIMEOUT,
      keepAlive: true,
    },
    installExtensions: false,
    logger: QUIET,
  });
  if (connection.log) logs.set(source, connection.log);
  return source;
}

/** The data source of the schema's owner, for migrations only. */
export function ownerDataSource(schema: SchemaOptions, ownerUrl: string): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url: ownerUrl,
    schema: schema.schema,
    entities: [...schema.entities, outboxEntity(schema.schema)],
    migrations: [outboxMigration(schema.schema), ...schema.migrations],
    migrationsTableName: 'migrations',
    applicationName: `muster ${schema.schema} migrations`,
    poolSize: 2,
    connectTimeoutMS: CONNECT_TIMEOUT,
    poolErrorHandler: () => undefined,
    installExtensions: false,
    logger: QUIET,
  });
}
