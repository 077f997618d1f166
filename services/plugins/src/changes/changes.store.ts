import type { InventorySection } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import type { ItemChange } from '../sections/item-changes';
import { changeId } from './change-id';

/** A line of history of a device. */
export interface DeviceChange extends ItemChange {
  deviceId: string;
  section: InventorySection;
  at: Date;
}

/** Adds lines of history, in the order given. */
export async function addChanges(
  manager: EntityManager,
  organisationId: string,
  changes: readonly DeviceChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await manager.query(
    `INSERT INTO plugins.changes (organisation_id, id, device_id, section, change, key, title, title_key, fields)
     SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[])`,
    [
      organisationId,
      changes.map(({ at }, place) => changeId(at, place)),
      changes.map(({ deviceId }) => deviceId),
      changes.map(({ section }) => section),
      changes.map(({ change }) => change),
      changes.map(({ key }) => key),
      changes.map(({ title }) => title),
      changes.map(({ title }) => title.toLowerCase()),
      changes.map(({ fields }) => (fields.length === 0 ? null : JSON.stringify(fields))),
    ],
  );
}
