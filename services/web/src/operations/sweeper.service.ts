import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from './locked-operations';
import { OperationRow } from './operation.entity';
import { OperationChanges } from './operation-changes';
import { OperationsConfig } from './operations.config';
import { WakeUps } from './wake-ups';

/** Rows of one look. What is left is found by the next one. */
const PAGE = 1000;
/** Pauses between hints double up to this many times: from 30 seconds to about an hour. */
const MOST_DOUBLINGS = 7;

interface Due {
  organisation_id: string;
  id: string;
  device_id: string;
}

/**
 * What happens to operations by time alone. Safe to run anywhere at any time, also twice at once: rows are locked and
 * looked at again before they change.
 */
@Injectable()
export class OperationSweeper {
  constructor(
    private readonly database: Database,
    private readonly live: LiveEvents,
    private readonly wakeUps: WakeUps,
    private readonly config: OperationsConfig,
  ) {}

  /** Ends what nobody started in time, and what started and was never heard of again. @returns how many were due */
  async endOverdue(now = new Date()): Promise<number> {
    const due = await this.database.across('operations past their deadline', (manager) =>
      manager.query<Due[]>(
        `SELECT organisation_id, id FROM core.operations WHERE deadline_at <= $1 ORDER BY deadline_at LIMIT ${PAGE}`,
        [now],
      ),
    );
    for (const [organisationId, rows] of byOrganisation(due)) await this.endIn(organisationId, rows, now);
    return due.length;
  }

  /** Hints again at what connected devices have not come for. @returns how many operations were hinted at */
  async wakeAgain(now = new Date()): Promise<number> {
    const waiting = await this.database.across('operations that connected devices have not come for', (manager) =>
      manager.query<Due[]>(
        `SELECT o.organisation_id, o.id, o.device_id FROM core.operations o
           JOIN core.devices d ON d.organisation_id = o.organisation_id AND d.id = o.device_id
          WHERE o.hint_after <= $1 AND d.presence = 'online' AND d.retired_at IS NULL
          ORDER BY o.hint_after LIMIT ${PAGE}`,
        [now],
      ),
    );
    for (const [organisationId, rows] of byOrganisation(waiting)) await this.postponeHints(organisationId, rows, now);
    this.wakeUps.wake(waiting.map((row) => row.device_id));
    return waiting.length;
  }

  private endIn(organisationId: string, rows: readonly Due[], now: Date): Promise<void> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const changes = new OperationChanges(this.config, now);
      const ids = rows.map((row) => row.id);
      const operations = await lockOperations(
        manager,
        organisationId,
        (select) => select.andWhere('o.id IN (:...ids) AND o.deadlineAt <= :now', { ids, now }),
        { skipLocked: true },
      );
      for (const operation of operations) conclude(operation, changes);
      await changes.save(manager, organisationId, this.live);
    });
  }

  private async postponeHints(organisationId: string, rows: readonly Due[], now: Date): Promise<void> {
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.query(
        `UPDATE core.operations
            SET hints = hints + 1, hint_after = $3::timestamptz + $4 * power(2, least(hints, ${MOST_DOUBLINGS})) * interval '1 second'
          WHERE organisation_id = $1
            AND id IN (SELECT id FROM core.operations
                        WHERE organisation_id = $1 AND id = ANY($2::uuid[]) AND hint_after IS NOT NULL
                        ORDER BY id FOR UPDATE SKIP LOCKED)`,
        [organisationId, rows.map((row) => row.id), now, this.config.WAKE_AGAIN_SECONDS],
      ),
    );
  }
}

function conclude(operation: OperationRow, changes: OperationChanges): void {
  if (operation.state === 'IN_PROGRESS') {
    changes.become(operation, 'ERROR', 'The device started it and was not heard of again.', 'server');
  } else if (operation.deliveredAt) {
    changes.become(operation, 'EXPIRED', 'The device got it and did not start it in time.', 'server');
  } else changes.become(operation, 'EXPIRED', 'The device did not come for it in time.', 'server');
}

function byOrganisation(rows: readonly Due[]): Map<string, Due[]> {
  const groups = new Map<string, Due[]>();
  for (const row of rows) {
    const group = groups.get(row.organisation_id);
    if (group) group.push(row);
    else groups.set(row.organisation_id, [row]);
  }
  return groups;
}
