import { AppError, type RunProcedure } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

export interface Target {
  deviceId: string;
  /** The number that this operation gets among the device's. */
  sequence: number;
}

/**
 * Finds the devices that are meant, locks them in the order of their ids, and takes one number of each. The locks are held
 * until the transaction ends: so the operations of one device become visible in the order of their numbers.
 * @throws AppError when a device or group is not the organisation's, a chosen device is retired, or they are too many
 */
export async function takeTargets(
  manager: EntityManager,
  organisationId: string,
  { deviceIds = [], groupIds = [] }: Pick<RunProcedure, 'deviceIds' | 'groupIds'>,
  most: number,
): Promise<Target[]> {
  const chosen = new Set(deviceIds);
  const members = await membersOf(manager, organisationId, [...new Set(groupIds)]);
  const wanted = [...new Set([...chosen, ...members])];
  if (wanted.length === 0) throw new AppError('invalid-input', 'Choose at least one device, or a group that has some.');
  if (wanted.length > most) {
    throw new AppError('too-large', `These are ${wanted.length} devices; at most ${most} may be asked at once.`);
  }
  const rows: Array<{ id: string; next_sequence: string; retired: boolean }> = await manager.query(
    `SELECT id, next_sequence, retired_at IS NOT NULL AS retired FROM core.devices
      WHERE organisation_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
    [organisationId, wanted],
  );
  if (rows.length < wanted.length) {
    throw new AppError('not-found', `${wanted.length - rows.length} of these devices do not exist.`);
  }
  const retired = rows.filter((row) => row.retired && chosen.has(row.id)).length;
  if (retired > 0) throw new AppError('conflict', `${retired} of these devices are retired. Leave them out.`);
  const usable = rows.filter((row) => !row.retired);
  await manager.query(
    `UPDATE core.devices SET next_sequence = next_sequence + 1 WHERE organisation_id = $1 AND id = ANY($2::uuid[])`,
    [organisationId, usable.map((row) => row.id)],
  );
  return usable.map((row) => ({ deviceId: row.id, sequence: Number(row.next_sequence) }));
}

async function membersOf(manager: EntityManager, organisationId: string, groupIds: string[]): Promise<string[]> {
  if (groupIds.length === 0) return [];
  const rows: Array<{ members: string[] }> = await manager.query(
    `SELECT ARRAY(SELECT m.device_id FROM core.group_members m
                   WHERE m.organisation_id = g.organisation_id AND m.group_id = g.id) AS members
       FROM core.groups g WHERE g.organisation_id = $1 AND g.id = ANY($2::uuid[])`,
    [organisationId, groupIds],
  );
  if (rows.length < groupIds.length) throw new AppError('not-found', 'One of these groups does not exist.');
  return rows.flatMap((row) => row.members);
}
