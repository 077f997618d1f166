import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { Leases } from '../leases/leases.service';
import { OperationsConfig } from './operations.config';

const LEASE = 'operation-retention';
const DAY_MS = 86_400_000;
/** Requests that are looked at, and operations that are removed, in one transaction. */
const REQUESTS = 100;
const OPERATIONS = 1000;

/**
 * Removes requests whose operations have all ended long ago, with those: what is shown of a request stays whole until it
 * goes. Who asked for what stays in the audit log for its own time, and no number is given twice, since devices keep them.
 */
@Injectable()
export class OperationRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly periodic: Periodic;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly leases: Leases,
    private readonly config: OperationsConfig,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic(
      config.RETENTION_SECONDS * 1000,
      () => this.round(),
      (error) => this.log.warn({ err: error }, 'Old operations were not all removed. They will be, a little later.'),
    );
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.periodic.stop();
    await this.leases.release(LEASE).catch(() => undefined);
  }

  /** Removes in small transactions whatever is older than what is kept. @returns how many operations went */
  async removeOld(now = new Date()): Promise<number> {
    const before = new Date(now.getTime() - this.config.OPERATION_DAYS * DAY_MS);
    const organisations = await this.database.across('organisations whose old operations go', (manager) =>
      manager.query<Array<{ id: string }>>('SELECT id FROM core.organisations'),
    );
    let total = 0;
    for (const { id } of organisations) {
      for (let more = true; more && !this.stopped;) {
        const removed = await this.database.inOrganisation(id, (manager) => removePortion(manager, id, before));
        total += removed.operations;
        more = removed.more;
      }
    }
    return total;
  }

  private async round(): Promise<void> {
    if (!(await this.leases.hold(LEASE, 2 * this.config.RETENTION_SECONDS))) return;
    const removed = await this.removeOld();
    if (removed > 0) this.log.info({ removed }, 'Removed operations that ended longer ago than they are kept.');
  }
}

/** Operations of requests that are over, then the requests that have none left. */
async function removePortion(
  manager: EntityManager,
  organisationId: string,
  before: Date,
): Promise<{ operations: number; more: boolean }> {
  const old: Array<{ id: string }> = await manager.query(
    `SELECT b.id FROM core.operation_batches b
      WHERE b.organisation_id = $1 AND b.created_at < $2
        AND NOT EXISTS (SELECT FROM core.operations o
                         WHERE o.organisation_id = $1 AND o.batch_id = b.id
                           AND (o.ended_by IS NULL OR o.changed_at >= $2))
      ORDER BY b.id LIMIT ${REQUESTS}`,
    [organisationId, before],
  );
  if (old.length === 0) return { operations: 0, more: false };
  const requests = old.map((row) => row.id);
  // Said again of each: a device that was out of reach for a year may report at this very moment.
  const [, operations]: [unknown, number] = await manager.query(
    `DELETE FROM core.operations
      WHERE organisation_id = $1 AND ended_by IS NOT NULL AND changed_at < $2
        AND id IN (SELECT id FROM core.operations
                    WHERE organisation_id = $1 AND batch_id = ANY($3::uuid[]) LIMIT ${OPERATIONS})`,
    [organisationId, before, requests],
  );
  const [, emptied]: [unknown, number] = await manager.query(
    `DELETE FROM core.operation_batches b
      WHERE b.organisation_id = $1 AND b.id = ANY($2::uuid[])
        AND NOT EXISTS (SELECT FROM core.operations o WHERE o.organisation_id = $1 AND o.batch_id = b.id)`,
    [organisationId, requests],
  );
  return { operations, more: operations + emptied > 0 && (emptied === REQUESTS || emptied < requests.length) };
}
