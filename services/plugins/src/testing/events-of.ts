import type { InventoryReported, ReportedInventory } from '@muster/contracts';

/** Reports of a simulated device as they come out of JetStream. */
export function eventsOf(
  organisationId: string,
  deviceId: string,
  spool: string,
  reports: readonly object[],
): InventoryReported[] {
  return reports.map((report) => {
    const { kind: _, takenAt, ...rest } = report as ReportedInventory & { kind: string; takenAt: string };
    return { organisationId, deviceId, spool, receivedAt: takenAt, inventory: [{ ...rest, at: takenAt }] };
  });
}
