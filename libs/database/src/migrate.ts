import type { DataSource } from 'typeorm';
import { ownerDataSource } from './data-source';
import type { DatabaseLog, SchemaOptions } from './database.options';
import { identifier } from './identifier';

/**
 * Brings the schema up to date as its owner. Several instances may start at once: an advisory lock lets one migrate while
 * the others wait. Each migration is a transaction of its own. Returns the names of those that ran.
 */
export async function migrate(schema: SchemaOptions, ownerUrl: string, log?: DatabaseLog): Promise<string[]> {
  const source = await ownerDataSource(schema, ownerUrl).initialize();
  try {
    const ran = await underLock(source, `muster-migrations:${identifier(schema.schema)}`, async () => {
      const migrations = await source.runMigrations({ transaction: 'each' });
      return migrations.map((migration) => migration.name);
    });
    if (ran.length > 0) log?.('info', { schema: schema.schema, migrations: ran }, 'Migrated the schema.');
    return ran;
  } finally {
    await source.destroy();
  }
}

async function underLock<T>(source: DataSource, name: string, work: () => Promise<T>): Promise<T> {
  const holder = source.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    return await work();
  } finally {
    // The lock belongs to the session: end it with an explicit unlock, since the pool keeps the connection.
    await holder.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(() => undefined);
    await holder.release();
  }
}
