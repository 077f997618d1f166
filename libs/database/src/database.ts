import { AppError, isUuid } from '@muster/contracts';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { runAfterCommit } from './after-commit';
import type { DatabaseLog } from './database.options';
import { mapDatabaseError } from './errors';
import { AcrossLog } from './wall/across-log';
import { rolesOf } from './wall/roles';

type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * The only way to the data: each call is one transaction that either belongs to one organisation, or reads across all of
 * them under a name, or touches only what belongs to none. Failures of the driver come out as `AppError`
 * (`invalid-input`, `unavailable`) where a caller can do something about them.
 */
export class Database {
  private readonly acrossRole: string;
  private readonly acrossLog: AcrossLog;
  private readonly source: DataSource;

  constructor(schema: string, source: DataSource, log: DatabaseLog = () => undefined) {
    this.source = source;
    this.acrossRole = rolesOf(schema).across;
    this.acrossLog = new AcrossLog(log);
  }

  /** One transaction in which only this organisation's rows exist, for reading and for writing. */
  inOrganisation<T>(organisationId: string, work: Work<T>): Promise<T> {
    if (!isUuid(organisationId)) throw new AppError('invalid-input', 'An organisation id is a UUID.');
    return this.transaction(work, (runner) =>
      runner.query(`SELECT set_config('app.organisation_id', $1, true)`, [organisationId]),
    );
  }

  /** One read-only transaction over all organisations, under a role of its own. `name` says what for; it is logged. */
  async across<T>(name: string, work: Work<T>): Promise<T> {
    const started = performance.now();
    try {
      return await this.transaction(work, (runner) =>
        runner.query(`SET TRANSACTION READ ONLY; SET LOCAL ROLE ${this.acrossRole}`),
      );
    } finally {
      this.acrossLog.add(name, performance.now() - started);
    }
  }

  /** One transaction without an organisation: tables behind the wall show no row and take none. */
  unscoped<T>(work: Work<T>): Promise<T> {
    return this.transaction(work);
  }

  /** Whether the database answers now. */
  ping(): Promise<boolean> {
    return this.source.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  private async transaction<T>(work: Work<T>, begin?: (runner: QueryRunner) => Promise<unknown>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.startTransaction();
      await begin?.(runner);
      const result = await work(runner.manager);
      await runner.commitTransaction();
      runAfterCommit(runner);
      return result;
    } catch (error) {
      await rollback(runner);
      throw mapDatabaseError(error);
    } finally {
      await runner.release();
    }
  }
}

/** Rolls back what can be; when the connection is gone, so is its transaction. */
async function rollback(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive || runner.isReleased) return;
  try {
    await runner.rollbackTransaction();
  } catch {
    // The first error is the one to report.
  }
}
