import { AppError, type DeviceDetail, type DeviceFacts, type DeviceGroupRef } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { summaryColumns, summaryOf, type SummaryRow } from './device-summaries.queries';

interface DetailRow extends SummaryRow {
  facts: DeviceFacts;
  facts_at: Date;
  address: string | null;
  groups: DeviceGroupRef[];
  questions: string[];
}

/** Everything that the device page shows at first. @throws AppError `not-found`, also for retired devices */
export async function deviceDetail(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
): Promise<DeviceDetail> {
  const [row]: DetailRow[] = await manager.query(
    `SELECT ${summaryColumns}, f.facts, d.facts_at, d.address,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) ORDER BY lower(g.name)), '[]')
               FROM core.group_members m
               JOIN core.groups g ON g.organisation_id = m.organisation_id AND g.id = m.group_id
              WHERE m.organisation_id = d.organisation_id AND m.device_id = d.id) AS groups,
            (SELECT coalesce(jsonb_agg(q.id ORDER BY q.asked_at), '[]')
               FROM (SELECT id, asked_at FROM core.merge_questions
                      WHERE organisation_id = $1 AND answer IS NULL AND (known_id = $2 OR newcomer_id = $2)
                      ORDER BY asked_at LIMIT 100) q) AS questions
       FROM core.devices d
       JOIN core.device_facts f ON f.organisation_id = d.organisation_id AND f.device_id = d.id
      WHERE d.organisation_id = $1 AND d.id = $2 AND d.retired_at IS NULL`,
    [organisationId, deviceId],
  );
  if (!row) throw noSuchDevice();
  return {
    ...summaryOf(row),
    facts: row.facts,
    factsAt: row.facts_at.toISOString(),
    address: row.address ?? undefined,
    groups: row.groups,
    mergeQuestionIds: row.questions,
  };
}

export const noSuchDevice = (): AppError =>
  new AppError('not-found', 'There is no such device. It may have been retired.');
