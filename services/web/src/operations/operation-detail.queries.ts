import {
  AppError,
  type OperationDetail,
  type OperationTransition,
  type Output,
  type OutputPiece,
} from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { OperationTransitionRow } from './operation.entity';
import { operationColumns, type OperationListRow, operationOf, operationTables } from './operation-list.queries';
import { readPayloadTail } from './payload-text';

const MOST_TRANSITIONS = 100;
const MOST_PIECES = 500;
/** Most characters of output in one reply; at least one piece is always given. */
const MOST_CHARACTERS = 1_000_000;

/** One operation with its history. @throws AppError `not-found` */
export async function operationDetail(
  manager: EntityManager,
  organisationId: string,
  operationId: string,
): Promise<OperationDetail> {
  const [row]: Array<OperationListRow & { payload_tail: string }> = await manager.query(
    `SELECT ${operationColumns}, b.payload_tail FROM ${operationTables} WHERE o.organisation_id = $1 AND o.id = $2`,
    [organisationId, operationId],
  );
  if (!row) throw noSuchOperation();
  const newest = await manager.find(OperationTransitionRow, {
    where: { organisationId, operationId },
    order: { number: 'DESC' },
    take: MOST_TRANSITIONS,
  });
  const transitions: OperationTransition[] = newest
    .reverse()
    .map(({ state, reason, at }) => ({ state, reason, at: at.toISOString() }));
  const { script, parameters } = readPayloadTail(row.payload_tail);
  return { ...operationOf(row), transitions, script, parameters };
}

/** Stored output from a chunk on, as much as fits into one reply. @throws AppError `not-found` */
export async function operationOutput(
  manager: EntityManager,
  organisationId: string,
  operationId: string,
  from: number,
): Promise<Output> {
  const [operation]: Array<{ output_truncated: boolean }> = await manager.query(
    'SELECT output_truncated FROM core.operations WHERE organisation_id = $1 AND id = $2',
    [organisationId, operationId],
  );
  if (!operation) throw noSuchOperation();
  const rows: Array<OutputPiece & { before: number }> = await manager.query(
    `SELECT number, stream, text, (sum(length(text)) OVER (ORDER BY number) - length(text))::int AS before
       FROM (SELECT number, stream, text FROM core.operation_output
              WHERE organisation_id = $1 AND operation_id = $2 AND number >= $3
              ORDER BY number LIMIT ${MOST_PIECES + 1}) page
      ORDER BY number`,
    [organisationId, operationId, from],
  );
  const given = rows.slice(0, MOST_PIECES).filter((row) => row.before < MOST_CHARACTERS);
  return {
    pieces: given.map(({ number, stream, text }) => ({ number, stream, text })),
    more: given.length < rows.length,
    truncated: operation.output_truncated,
  };
}

export const noSuchOperation = (): AppError => new AppError('not-found', 'There is no such operation.');
