import { type Caller, deviceRetired, factBy } from '@muster/contracts';
import type { Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { closeQuestionsAbout } from '../merge-questions/asking';
import { describeDevice } from './device-description';
import { noSuchDevice } from './device-detail.queries';

export interface Retired {
  /** Merge questions that were closed or asked anew. */
  questionIds: string[];
}

/**
 * Takes a device out of use within the caller's transaction. Its row stays as a tombstone with its operations; all that
 * makes it findable or connectable goes. Its operations are the caller's to cancel or to move before.
 * @throws AppError `not-found` when there is no such device in use
 */
export async function retire(
  manager: EntityManager,
  outbox: Outbox,
  caller: Caller,
  deviceId: string,
  successorId?: string,
): Promise<Retired> {
  const { organisationId } = caller.principal;
  const [changed]: [Array<{ retired_at: Date; name: string }>, number] = await manager.query(
    `UPDATE core.devices
        SET retired_at = now(), presence = 'offline', presence_at = now(), merged_into = $3
      WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL RETURNING retired_at, name`,
    [organisationId, deviceId, successorId ?? null],
  );
  const tombstone = changed[0];
  if (!tombstone) throw noSuchDevice();
  for (const table of ['device_hardware', 'device_inventory', 'device_connections', 'group_members']) {
    await manager.query(`DELETE FROM core.${table} WHERE organisation_id = $1 AND device_id = $2`, [
      organisationId,
      deviceId,
    ]);
  }
  const questionIds = await closeQuestionsAbout(manager, organisationId, deviceId, successorId);
  const { retired_at: at, name } = tombstone;
  await outbox.add(manager, deviceRetired, { ...factBy(caller), deviceId, at: at.toISOString(), name });
  await describeDevice(manager, outbox, organisationId, deviceId);
  return { questionIds };
}
