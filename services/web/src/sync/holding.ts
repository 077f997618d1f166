import type { OperationRow } from '../operations/operation.entity';
import { later, type OperationChanges } from '../operations/operation-changes';

/**
 * Draws conclusions from what a device holds. It names every operation that is in its journal and not reported ended; so
 * what it neither holds nor reports it does not have. One sync proves nothing: it may be an old request that came late.
 * So the server concludes from a sync `lostSeconds` after the first one without the operation:
 * a started one is lost; one whose cancel was delivered will never be run.
 * @returns whether something is missing, which a sync soon should confirm
 */
export function compareHolding(
  operations: readonly OperationRow[],
  holds: (operation: OperationRow) => boolean,
  changes: OperationChanges,
  lostSeconds: number,
): boolean {
  let missing = false;
  for (const operation of operations) {
    if (holds(operation)) hold(operation, changes);
    else if (operation.state === 'IN_PROGRESS' || operation.cancelDeliveredAt) {
      missing = miss(operation, changes, lostSeconds) || missing;
    }
  }
  return missing;
}

/** It has arrived: no more waking for it, unless a cancel still has to arrive. */
function hold(operation: OperationRow, changes: OperationChanges): void {
  const arrived = operation.hintAfter !== null && operation.cancelRequestedAt === null;
  if (operation.missingSince === null && operation.deliveredAt !== null && !arrived) return;
  operation.missingSince = null;
  if (arrived) operation.hintAfter = null;
  if (operation.deliveredAt === null) changes.delivered(operation);
  else changes.touch(operation);
}

function miss(operation: OperationRow, changes: OperationChanges, lostSeconds: number): boolean {
  if (operation.missingSince === null) {
    operation.missingSince = changes.now;
    changes.touch(operation);
    return true;
  }
  if (changes.now < later(operation.missingSince, lostSeconds)) return true;
  if (operation.state === 'IN_PROGRESS') {
    const reason = 'Interrupted: the device started it and does not know it any more.';
    changes.become(operation, 'ERROR', reason, 'server');
  } else {
    const reason = `Cancelled by ${operation.cancelRequestedBy}; the device did not have it.`;
    changes.become(operation, 'CANCELLED', reason, 'server');
  }
  return false;
}
