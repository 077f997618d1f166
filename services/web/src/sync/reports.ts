import type { OperationReport } from '@muster/contracts';
import type { OperationRow } from '../operations/operation.entity';
import type { OperationChanges } from '../operations/operation-changes';
import { isEnding, stepOf } from '../operations/operation-states';

/**
 * Takes a device's reports into the record. Reports come again until they are settled, in any order and late; so each one
 * changes what it still can and is settled either way. One about an operation that this device does not have here (a
 * restored backup, a device that was moved) is settled, too: no repetition would make it known.
 * @returns ids of the operations that the device may forget
 */
export function takeReports(
  operations: ReadonlyMap<string, OperationRow>,
  reports: readonly OperationReport[],
  changes: OperationChanges,
): string[] {
  const settled = new Set<string>();
  for (const report of reports) {
    const operation = operations.get(report.operationId.toLowerCase());
    if (operation) take(operation, report, changes);
    if (isEnding(report)) settled.add(report.operationId);
  }
  return [...settled];
}

function take(operation: OperationRow, report: OperationReport, changes: OperationChanges): void {
  const { state, reason } = stepOf(report, operation.cancelRequestedBy);
  if (!changes.become(operation, state, reason, 'device') || !isEnding(report)) return;
  operation.exitCode = report.exitCode ?? null;
  operation.durationMs = report.durationMs ?? null;
  operation.outputTruncated ||= report.outputTruncated ?? false;
  operation.outputPieces = report.chunks ?? null;
}
