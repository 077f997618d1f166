import type { EntitySchema, MigrationInterface } from 'typeorm';

/** A TypeORM entity: a decorated class, or a schema object. */
export type Entity = (new () => object) | EntitySchema<object>;
/** A migration class; its name ends in the time that it was written (milliseconds), which orders migrations. */
export type Migration = new () => MigrationInterface;

/** What a service says about its own schema. */
export interface SchemaOptions {
  /** Schema that the service owns, for example `core`. */
  schema: string;
  entities: readonly Entity[];
  migrations: readonly Migration[];
}

export type DatabaseLog = (level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string) => void;

/** Where the database is; provided under `DATABASE_OPTIONS` by the process that uses it. */
export interface ConnectionOptions {
  /** Connection of the service's role `muster_<schema>_app`, which owns nothing. */
  url: string;
  /** Connection of `muster_<schema>_owner`. When given, migrations run at start. */
  ownerUrl?: string;
  /** Most connections in use at once; 10 when absent. */
  poolSize?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  log?: DatabaseLog;
  /** Correlation id of the current call, kept with outbox rows. */
  correlationId?: () => string | undefined;
}

export const DATABASE_OPTIONS = Symbol('DATABASE_OPTIONS');
