import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { OperationRow } from './operation.entity';

/**
 * Reads operations for changing them. Whoever locks several does it in the order of their ids, so that no two wait for
 * each other.
 */
export function lockOperations(
  manager: EntityManager,
  organisationId: string,
  narrow: (select: SelectQueryBuilder<OperationRow>) => SelectQueryBuilder<OperationRow>,
  options: { skipLocked?: boolean } = {},
): Promise<OperationRow[]> {
  const select = manager
    .createQueryBuilder(OperationRow, 'o')
    .where('o.organisationId = :organisationId', { organisationId });
  const narrowed = narrow(select).orderBy('o.id').setLock('pessimistic_write');
  return (options.skipLocked ? narrowed.setOnLocked('skip_locked') : narrowed).getMany();
}
