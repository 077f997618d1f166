import type { EntityManager } from 'typeorm';
import { lockOperations } from './locked-operations';
import { OperationChanges } from './operation-changes';

/**
 * Ends everything that a device has not finished, because the device is going away and cannot be asked any more.
 * @param reason a sentence for the history, for example `The device was retired by ….`
 * @returns ids of the operations that were ended
 */
export async function cancelAllOfDevice(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  reason: string,
): Promise<string[]> {
  const changes = new OperationChanges();
  const open = await lockOperations(manager, organisationId, (select) =>
    select.andWhere('o.deviceId = :deviceId AND o.endedBy IS NULL', { deviceId }),
  );
  for (const operation of open) changes.become(operation, 'CANCELLED', reason, 'server');
  await changes.save(manager, organisationId);
  return open.map((operation) => operation.id);
}

/**
 * Gives the history of a device to the one that it turned out to be. What had not ended is cancelled: its signed text
 * names the old device, and no other may run it.
 * @returns ids of the operations that moved
 */
export async function moveOperations(
  manager: EntityManager,
  organisationId: string,
  fromDeviceId: string,
  toDeviceId: string,
): Promise<string[]> {
  // Nothing new may be asked of the old device between here and its retirement.
  await manager.query(
    'SELECT FROM core.devices WHERE organisation_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    [organisationId, [fromDeviceId, toDeviceId]],
  );
  const reason = 'The device enrolled anew and is another one now. Ask again.';
  await cancelAllOfDevice(manager, organisationId, fromDeviceId, reason);
  const [moved]: [Array<{ id: string }>, number] = await manager.query(
    'UPDATE core.operations SET device_id = $3 WHERE organisation_id = $1 AND device_id = $2 RETURNING id',
    [organisationId, fromDeviceId, toDeviceId],
  );
  return moved.map((row) => row.id);
}
