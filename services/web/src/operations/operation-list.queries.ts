import type {
  Operation,
  OperationBatch,
  OperationPage,
  OperationQuery,
  OperationState,
  StateCount,
} from '@muster/contracts';
import { AppError, isUuid } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { searchOperations } from './operation-search.queries';

/** Columns of an `Operation`, of operations `o` with their batch `b` and device `d`. */
export const operationColumns = `
  o.id, o.batch_id, o.device_id, d.name AS device_name, b.kind, b.title, o.state, o.reason, b.requested_by,
  o.created_at, o.changed_at, o.expires_at, o.exit_code, o.duration_ms, o.output_pieces, o.output_truncated,
  o.cancel_requested_at IS NOT NULL AND o.ended_by IS NULL AS cancel_requested`;

export const operationTables = `
  core.operations o
  JOIN core.operation_batches b ON b.organisation_id = o.organisation_id AND b.id = o.batch_id
  JOIN core.devices d ON d.organisation_id = o.organisation_id AND d.id = o.device_id`;

export interface OperationListRow {
  id: string;
  batch_id: string;
  device_id: string;
  device_name: string;
  kind: 'procedure';
  title: string;
  state: OperationState;
  reason: string;
  requested_by: string;
  created_at: Date;
  changed_at: Date;
  expires_at: Date;
  exit_code: string | null;
  duration_ms: string | null;
  output_pieces: number | null;
  output_truncated: boolean;
  cancel_requested: boolean;
}

export const operationOf = (row: OperationListRow): Operation => ({
  id: row.id,
  batchId: row.batch_id,
  deviceId: row.device_id,
  deviceName: row.device_name,
  kind: row.kind,
  title: row.title,
  state: row.state,
  reason: row.reason,
  requestedBy: row.requested_by,
  createdAt: row.created_at.toISOString(),
  changedAt: row.changed_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  exitCode: row.exit_code === null ? undefined : Number(row.exit_code),
  durationMs: row.duration_ms === null ? undefined : Number(row.duration_ms),
  cancelRequested: row.cancel_requested,
  outputPieces: row.output_pieces ?? undefined,
  outputTruncated: row.output_truncated,
});

/** Rows of the operation list for these operations. */
export async function operationSummaries(
  manager: EntityManager,
  organisationId: string,
  operationIds: readonly string[],
): Promise<Operation[]> {
  const rows: OperationListRow[] = await manager.query(
    `SELECT ${operationColumns} FROM ${operationTables}
      WHERE o.organisation_id = $1 AND o.id = ANY($2::uuid[]) ORDER BY o.id`,
    [organisationId, operationIds],
  );
  return rows.map(operationOf);
}

/** One page of operations, newest first: ids grow with time, so that an id is a place that no change of others moves. */
export async function listOperationPage(
  manager: EntityManager,
  organisationId: string,
  query: OperationQuery,
): Promise<OperationPage> {
  const search = query.search?.trim() ? await searchOperations(manager, organisationId, query.search) : undefined;
  const parameters: unknown[] = [organisationId, ...(search?.parameters ?? [])];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['o.organisation_id = $1', ...(search ? [search.condition] : [])];
  if (query.deviceId) conditions.push(`o.device_id = ${bind(query.deviceId)}`);
  if (query.batchId) conditions.push(`o.batch_id = ${bind(query.batchId)}`);
  if (query.state) conditions.push(`o.state = ${bind(query.state)}`);
  const where = conditions.join(' AND ');
  const [counted]: Array<{ total: number }> = await manager.query(
    `SELECT count(*)::int AS total FROM core.operations o WHERE ${where}`,
    parameters,
  );
  const size = query.size ?? 50;
  const direction = query.direction === 'ascending' ? 'ASC' : 'DESC';
  const further = direction === 'ASC' ? '>' : '<';
  const behind = query.after === undefined ? '' : `AND o.id ${further} ${bind(placeOf(query.after))}`;
  const range = `LIMIT ${bind(size)} OFFSET ${bind(query.after === undefined ? ((query.page ?? 1) - 1) * size : 0)}`;
  const rows: OperationListRow[] = await manager.query(
    `WITH page AS MATERIALIZED (
       SELECT o.id AS page_id FROM core.operations o WHERE ${where} ${behind} ORDER BY o.id ${direction} ${range})
     SELECT ${operationColumns} FROM page, ${operationTables}
      WHERE o.organisation_id = $1 AND o.id = page_id ORDER BY o.id ${direction}`,
    parameters,
  );
  const last = rows.at(-1);
  return {
    operations: rows.map(operationOf),
    total: counted?.total ?? 0,
    ...(last && rows.length === size ? { next: last.id } : {}),
  };
}

function placeOf(after: string): string {
  if (isUuid(after)) return after;
  throw new AppError('invalid-input', 'There is no such place in the list.', {
    faults: [{ field: 'after', problem: 'must be the `next` of a page' }],
  });
}

interface BatchRow {
  id: string;
  title: string;
  requested_by: string;
  created_at: Date;
  device_count: number;
  states: StateCount[];
}

/** Progress of one request. @throws AppError `not-found` */
export async function batchProgress(
  manager: EntityManager,
  organisationId: string,
  batchId: string,
): Promise<OperationBatch> {
  const [row]: BatchRow[] = await manager.query(
    `SELECT b.id, b.title, b.requested_by, b.created_at, b.device_count,
            (SELECT coalesce(jsonb_agg(s), '[]') FROM
               (SELECT o.state, count(*)::int AS count FROM core.operations o
                 WHERE o.organisation_id = b.organisation_id AND o.batch_id = b.id
                 GROUP BY o.state ORDER BY o.state) s) AS states
       FROM core.operation_batches b WHERE b.organisation_id = $1 AND b.id = $2`,
    [organisationId, batchId],
  );
  if (!row) throw new AppError('not-found', 'There is no such request.');
  return {
    id: row.id,
    title: row.title,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    deviceCount: row.device_count,
    states: row.states,
  };
}
