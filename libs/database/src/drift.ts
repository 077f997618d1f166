import { ownerDataSource } from './data-source';
import type { SchemaOptions } from './database.options';
import { migrate } from './migrate';
import { wallFaults } from './wall/wall-check';

/**
 * Migrates an empty database and says how its schema differs from what the entities declare (as the SQL that would make
 * it equal), and which tables of organisations lack their wall or an index that begins with `organisation_id`.
 * An index that TypeORM cannot express (partial, on an expression) is declared with `@Index(name, { synchronize: false })`.
 */
export async function findDrift(options: SchemaOptions & { ownerUrl: string }): Promise<string[]> {
  await migrate(options, options.ownerUrl);
  const source = await ownerDataSource(options, options.ownerUrl).initialize();
  try {
    const sql = await source.driver.createSchemaBuilder().log();
    const differences = sql.upQueries.map((query) => query.query);
    return [...differences, ...(await wallFaults(source, options.schema))];
  } finally {
    await source.destroy();
  }
}
