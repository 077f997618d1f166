import type { EntityManager } from 'typeorm';
import type { SectionKey } from './sections.store';

/** Forgets what the parts of an unfinished snapshot named. */
export async function forgetParts(
  manager: EntityManager,
  organisationId: string,
  { deviceId, section }: SectionKey,
): Promise<void> {
  await manager.query(`DELETE FROM plugins.parts WHERE organisation_id = $1 AND device_id = $2 AND section = $3`, [
    organisationId,
    deviceId,
    section,
  ]);
}

/** Keeps the keys that a part names until the snapshot is whole. */
export async function keepPart(
  manager: EntityManager,
  organisationId: string,
  { deviceId, section }: SectionKey,
  part: number,
  keys: readonly string[],
): Promise<void> {
  await manager.query(
    `INSERT INTO plugins.parts (organisation_id, device_id, section, part, keys) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organisation_id, device_id, section, part) DO UPDATE SET keys = excluded.keys`,
    [organisationId, deviceId, section, part, keys],
  );
}

/** All keys that the parts so far named; they are forgotten. */
export async function takeParts(
  manager: EntityManager,
  organisationId: string,
  { deviceId, section }: SectionKey,
): Promise<string[]> {
  // TypeORM answers a DELETE with its rows and their number.
  const [rows]: [Array<{ keys: string[] }>, number] = await manager.query(
    `DELETE FROM plugins.parts WHERE organisation_id = $1 AND device_id = $2 AND section = $3 RETURNING keys`,
    [organisationId, deviceId, section],
  );
  return rows.flatMap(({ keys }) => keys);
}
