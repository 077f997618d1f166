import { deviceDescribed } from '@muster/contracts';
import type { Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';

interface DescribedRow {
  id: string;
  name: string;
  platform: string;
  os_name: string;
  retired: boolean;
  at: Date;
}

/**
 * Tells the other services what a device is called and runs now, in the transaction that changed it. The time is taken
 * while that transaction has the device's row locked, so that a later description is never older.
 */
export async function describeDevice(
  manager: EntityManager,
  outbox: Outbox,
  organisationId: string,
  deviceId: string,
): Promise<void> {
  const [row]: DescribedRow[] = await manager.query(
    `SELECT id, name, platform, os_name, retired_at IS NOT NULL AS retired, clock_timestamp() AS at
       FROM core.devices WHERE organisation_id = $1 AND id = $2`,
    [organisationId, deviceId],
  );
  if (!row) return;
  await outbox.add(manager, deviceDescribed, {
    organisationId,
    deviceId: row.id,
    name: row.name,
    platform: row.platform,
    osName: row.os_name,
    retired: row.retired,
    at: row.at.toISOString(),
  });
}
