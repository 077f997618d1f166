import type { Dashboard, Presence } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { devicesNeedingAttention } from './attention';

/** Counts for the first screen. Each one is a range of one index. */
export async function dashboardCounts(manager: EntityManager, organisationId: string): Promise<Dashboard> {
  const presences: Array<{ presence: Presence; count: number }> = await manager.query(
    `SELECT presence, count(*)::int AS count FROM core.devices
      WHERE organisation_id = $1 AND retired_at IS NULL GROUP BY presence`,
    [organisationId],
  );
  const [others]: Array<Omit<Dashboard, 'devices'> & { attention: number }> = await manager.query(
    `SELECT (SELECT count(*)::int FROM core.devices d WHERE d.organisation_id = $1 AND d.retired_at IS NULL
                AND d.id IN (${devicesNeedingAttention})) AS attention,
            (SELECT count(*)::int FROM core.merge_questions
              WHERE organisation_id = $1 AND answer IS NULL) AS "mergeQuestions",
            (SELECT count(*)::int FROM core.operations
              WHERE organisation_id = $1 AND state = 'IN_PROGRESS') AS "operationsRunning",
            (SELECT count(*)::int FROM core.operations
              WHERE organisation_id = $1 AND state IN ('PENDING', 'NOTIFIED', 'NOT_NOW')) AS "operationsWaiting",
            (SELECT count(*)::int FROM core.operations
              WHERE organisation_id = $1 AND state = 'ERROR'
                AND changed_at > now() - interval '1 day') AS "operationsFailed"`,
    [organisationId],
  );
  if (!others) throw new Error('a query of counts gave no row');
  const of = (presence: Presence) => presences.find((row) => row.presence === presence)?.count ?? 0;
  const { attention, ...operations } = others;
  return {
    devices: {
      known: presences.reduce((sum, row) => sum + row.count, 0),
      online: of('online'),
      polling: of('polling'),
      unknown: of('unknown'),
      offline: of('offline'),
      attention,
    },
    ...operations,
  };
}
