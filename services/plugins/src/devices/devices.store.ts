import type { DeviceDescribed } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { forgetWaitingOf } from '../reports/waiting.store';
import { InstallationCounts } from '../software/installation-counts';

/**
 * Makes sure of the devices' rows and locks them, by id. Returns those that are not retired.
 *
 * The order of locks, which every transaction of this service keeps so that no two wait for each other in a circle:
 * 1. `receipts` (storing only), by device and spool;
 * 2. `devices`, by id, once in a transaction: here, or the one row that `describeDevice` writes;
 * 3. what belongs to a locked device, in any order: `sections`, `parts`, `installed`. Of these rows `waiting` alone is also
 *    written without the device's lock, by `noteWaiting`: everybody locks it by device, spool and sequence;
 * 4. new products and then new titles, by name (`Catalogue`);
 * 5. counted titles and then counted products, by id (`InstallationCounts`); tidying skips what is locked.
 */
export async function lockDevices(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<Set<string>> {
  const sorted = [...new Set(deviceIds)].toSorted();
  await manager.query(
    `INSERT INTO plugins.devices (organisation_id, id) SELECT $1, id FROM unnest($2::uuid[]) AS given (id) ORDER BY id
     ON CONFLICT DO NOTHING`,
    [organisationId, sorted],
  );
  const rows: Array<{ id: string; retired: boolean }> = await manager.query(
    `SELECT id, retired_at IS NOT NULL AS retired FROM plugins.devices
      WHERE organisation_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE`,
    [organisationId, sorted],
  );
  return new Set(rows.filter(({ retired }) => !retired).map(({ id }) => id));
}

/** Names a device after its host name, unless `web` has said what it is called. */
export async function nameFromInventory(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  hostName: string,
): Promise<void> {
  await manager.query(
    `UPDATE plugins.devices SET name = $3, name_key = $4
      WHERE organisation_id = $1 AND id = $2 AND described_at IS NULL AND name <> $3`,
    [organisationId, deviceId, hostName, hostName.toLowerCase()],
  );
}

/** The newest description wins. */
export async function describeDevice(
  manager: EntityManager,
  { organisationId, deviceId, name, at }: Pick<DeviceDescribed, 'organisationId' | 'deviceId' | 'name' | 'at'>,
): Promise<void> {
  await manager.query(
    `INSERT INTO plugins.devices AS d (organisation_id, id, name, name_key, described_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organisation_id, id) DO UPDATE
        SET name = excluded.name, name_key = excluded.name_key, described_at = excluded.described_at
      WHERE d.described_at IS NULL OR d.described_at <= excluded.described_at`,
    [organisationId, deviceId, name, name.toLowerCase(), at],
  );
}

/**
 * Takes a device out of everything but its history; reports of it that are still on their way are dropped. Its row stays,
 * for its name in the history.
 */
export async function retireDevice(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  at: string,
): Promise<void> {
  const inUse = await lockDevices(manager, organisationId, [deviceId]);
  if (!inUse.has(deviceId)) return;
  const titles: Array<{ titleId: string; rows: number }> = await manager.query(
    `SELECT title_id AS "titleId", count(*)::int AS rows FROM plugins.installed
      WHERE organisation_id = $1 AND device_id = $2 GROUP BY title_id`,
    [organisationId, deviceId],
  );
  const counts = new InstallationCounts();
  for (const { titleId, rows } of titles) counts.changed(titleId, rows, 0);
  await forgetWaitingOf(manager, organisationId, deviceId);
  for (const table of ['installed', 'sections', 'parts']) {
    await manager.query(`DELETE FROM plugins.${table} WHERE organisation_id = $1 AND device_id = $2`, [
      organisationId,
      deviceId,
    ]);
  }
  await manager.query(
    `UPDATE plugins.devices SET retired_at = $3, facts = NULL WHERE organisation_id = $1 AND id = $2`,
    [organisationId, deviceId, at],
  );
  await counts.write(manager, organisationId);
}
