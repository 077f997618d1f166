import { type DeviceSummary, isUuid, type MergeQuestionList, type PlaceQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { deviceSummaries } from '../devices/device-summaries.queries';
import { containing } from '../devices/search';
import { cursorOf, isSeconds, placeOf } from '../lists/place';

interface QuestionRow {
  id: string;
  known_id: string;
  newcomer_id: string;
  equal: string[];
  asked_at: Date;
  asked_seconds: string;
}
const DEFAULT_SIZE = 50;

/** Either device's names contain `$2`; null finds every question. */
const MATCHING = `($2::text IS NULL OR EXISTS (
  SELECT FROM core.devices d WHERE d.organisation_id = $1 AND d.id IN (q.known_id, q.newcomer_id)
     AND (lower(d.name) LIKE $2 OR lower(d.host_name) LIKE $2)))`;

/** Open questions, oldest first unless asked otherwise, with both devices as the device list shows them. */
export async function listOpenQuestions(
  manager: EntityManager,
  organisationId: string,
  query: PlaceQuery,
): Promise<MergeQuestionList> {
  const size = query.size ?? DEFAULT_SIZE;
  const pattern = query.search?.trim() ? containing(query.search) : null;
  const direction = query.direction === 'descending' ? 'DESC' : 'ASC';
  const further = direction === 'DESC' ? '<' : '>';
  const place = query.after === undefined ? [null, null] : placeOf(query.after, isSeconds, isUuid);
  const rows: QuestionRow[] = await manager.query(
    `SELECT id, known_id, newcomer_id, equal, asked_at, extract(epoch FROM asked_at)::text AS asked_seconds
       FROM core.merge_questions q
      WHERE organisation_id = $1 AND answer IS NULL AND ${MATCHING}
        AND ($3::numeric IS NULL OR (extract(epoch FROM asked_at), id) ${further} ($3::numeric, $4::uuid))
      ORDER BY asked_at ${direction}, id ${direction} LIMIT $5 OFFSET $6`,
    [organisationId, pattern, ...place, size, query.after === undefined ? ((query.page ?? 1) - 1) * size : 0],
  );
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(
    `SELECT count(*)::int AS total FROM core.merge_questions q
      WHERE organisation_id = $1 AND answer IS NULL AND ${MATCHING}`,
    [organisationId, pattern],
  );
  const ids = new Set(rows.flatMap((row) => [row.known_id, row.newcomer_id]));
  const summaries = await deviceSummaries(manager, organisationId, [...ids]);
  const byId = new Map(summaries.map((summary) => [summary.id, summary]));
  const last = rows.length === size ? rows.at(-1) : undefined;
  const next = last ? { next: cursorOf(last.asked_seconds, last.id) } : {};
  return { questions: rows.flatMap((row) => questionOf(row, byId)), total, ...next };
}

function questionOf(row: QuestionRow, devices: Map<string, DeviceSummary>) {
  const known = devices.get(row.known_id);
  const newcomer = devices.get(row.newcomer_id);
  // One of them was retired between the two statements: the question is moot already.
  if (!known || !newcomer) return [];
  return [{ id: row.id, known, newcomer, equal: row.equal, askedAt: row.asked_at.toISOString() }];
}
