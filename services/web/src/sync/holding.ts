import type { OperationRow } from '../operations/operation.entity';
import type { OperationChanges } from '../operations/operation-changes';

/** Syncs in a row without a started operation until it counts as lost. One alone may be an old request that came late. */
const MISSING_UNTIL_LOST = 2;

/**
 * Draws conclusions from what a device holds. It names every operation that is in its journal and not reported ended; so
 * what it neither holds nor reports it does not have.
 */
export function compareHolding(
  operations: readonly OperationRow[],
  holds: (operation: OperationRow) => boolean,
  changes: OperationChanges,
): void {
  for (const operation of operations) {
    if (holds(operation)) hold(operation, changes);
    else if (operation.state === 'IN_PROGRESS') miss(operation, changes);
    else if (operation.cancelDeliveredAt) {
      changes.become(
        operation,
        'CANCELLED',
        `Cancelled by ${operation.cancelRequestedBy}; the device did not have it.`,
        'server',
      );
    }
  }
}

/** It has arrived: no more waking for it, unless a cancel still has to arrive. */
function hold(operation: OperationRow, changes: OperationChanges): void {
  const waits = operation.cancelRequestedAt !== null;
  if (operation.missingSyncs === 0 && (waits || operation.hintAfter === null)) return;
  operation.missingSyncs = 0;
  if (!waits) operation.hintAfter = null;
  changes.touch(operation);
}

function miss(operation: OperationRow, changes: OperationChanges): void {
  operation.missingSyncs += 1;
  changes.touch(operation);
  if (operation.missingSyncs < MISSING_UNTIL_LOST) return;
  changes.become(operation, 'ERROR', 'Interrupted: the device started it and does not know it any more.', 'server');
}
