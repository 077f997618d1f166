import { AppError, type OperationDetail, type OperationTransition } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { OperationTransitionRow } from './operation.entity';
import { operationColumns, type OperationListRow, operationOf, operationTables } from './operation-list.queries';
import { readPayloadTail } from './payload-text';

const MOST_TRANSITIONS = 100;

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

export const noSuchOperation = (): AppError => new AppError('not-found', 'There is no such operation.');
