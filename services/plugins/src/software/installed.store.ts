import type { SoftwareItem } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { ORGANISATION } from '../store/organisation';

/** A row of `installed`. */
export interface InstalledTitle {
  deviceId: string;
  key: string;
  digest: string;
  titleId: string;
  architecture: string | null;
  scope: string | null;
}
/** What a title stands for. */
export type TitleName = Pick<SoftwareItem, 'source' | 'name' | 'version'>;
export interface InstalledWrite {
  deviceId: string;
  titleId: string;
  item: SoftwareItem;
  since: string;
}
export interface DeviceKey {
  deviceId: string;
  key: string;
}

const COLUMNS = `i.device_id AS "deviceId", i.key, lpad(to_hex(i.digest), 16, '0') AS digest, i.title_id AS "titleId",
  i.architecture, i.scope`;

/** All software of some devices. */
export function softwareOfDevices(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<InstalledTitle[]> {
  if (deviceIds.length === 0) return Promise.resolve([]);
  return manager.query(
    `SELECT ${COLUMNS} FROM plugins.installed i WHERE i.organisation_id = ${ORGANISATION} AND i.device_id = ANY($2::uuid[])`,
    [organisationId, deviceIds],
  );
}

/** The software that has one of these keys. */
export function softwareByKey(
  manager: EntityManager,
  organisationId: string,
  keys: readonly DeviceKey[],
): Promise<InstalledTitle[]> {
  if (keys.length === 0) return Promise.resolve([]);
  return manager.query(
    `SELECT ${COLUMNS} FROM unnest($2::uuid[], $3::text[]) AS g (device_id, key)
      CROSS JOIN LATERAL (SELECT * FROM plugins.installed
                           WHERE organisation_id = ${ORGANISATION} AND device_id = g.device_id AND key = g.key OFFSET 0) i`,
    [organisationId, keys.map(({ deviceId }) => deviceId), keys.map(({ key }) => key)],
  );
}

/** What titles stand for, by id. */
export async function titleNames(
  manager: EntityManager,
  organisationId: string,
  ids: readonly string[],
): Promise<Map<string, TitleName>> {
  if (ids.length === 0) return new Map();
  const rows: Array<TitleName & { id: string }> = await manager.query(
    `SELECT g.id, p.source, p.name, t.version FROM unnest($2::int8[]) AS g (id)
      CROSS JOIN LATERAL (SELECT product_id, version FROM plugins.titles WHERE organisation_id = ${ORGANISATION} AND id = g.id OFFSET 0) t
      CROSS JOIN LATERAL (SELECT source, name FROM plugins.products
                           WHERE organisation_id = ${ORGANISATION} AND id = t.product_id OFFSET 0) p`,
    [organisationId, [...new Set(ids)]],
  );
  return new Map(rows.map(({ id, ...name }) => [id, name]));
}

export async function removeInstalled(
  manager: EntityManager,
  organisationId: string,
  keys: readonly DeviceKey[],
): Promise<void> {
  for (const deviceId of new Set(keys.map((one) => one.deviceId))) {
    const own = keys.flatMap((one) => (one.deviceId === deviceId ? [one.key] : []));
    await manager.query(
      `DELETE FROM plugins.installed WHERE organisation_id = ${ORGANISATION} AND device_id = $2 AND key = ANY($3::text[])`,
      [organisationId, deviceId, own],
    );
  }
}

/** Writes rows; `since` stays where the title stays. */
export async function writeInstalled(
  manager: EntityManager,
  organisationId: string,
  rows: readonly InstalledWrite[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO plugins.installed (organisation_id, device_id, key, title_id, digest, since, size_bytes, installed_at,
                                    architecture, scope)
     SELECT $1, device_id, key, title_id, ('x' || digest)::bit(64)::int8, since, size_bytes, installed_at, architecture, scope
       FROM unnest($2::uuid[], $3::text[], $4::int8[], $5::text[], $6::timestamptz[], $7::int8[], $8::timestamptz[],
                   $9::text[], $10::text[])
         AS g (device_id, key, title_id, digest, since, size_bytes, installed_at, architecture, scope)
     ON CONFLICT (organisation_id, device_id, key) DO UPDATE
        SET title_id = excluded.title_id, digest = excluded.digest, size_bytes = excluded.size_bytes,
            installed_at = excluded.installed_at, architecture = excluded.architecture, scope = excluded.scope,
            since = CASE WHEN installed.title_id = excluded.title_id THEN installed.since ELSE excluded.since END`,
    [
      organisationId,
      rows.map(({ deviceId }) => deviceId),
      rows.map(({ item }) => item.key),
      rows.map(({ titleId }) => titleId),
      rows.map(({ item }) => item.digest),
      rows.map(({ since }) => since),
      rows.map(({ item }) => item.sizeBytes ?? null),
      rows.map(({ item }) => item.installedAt ?? null),
      rows.map(({ item }) => item.architecture ?? null),
      rows.map(({ item }) => item.scope ?? null),
    ],
  );
}

/** How many rows each of these devices has of each of these titles now. */
export async function rowsOfTitles(
  manager: EntityManager,
  organisationId: string,
  pairs: ReadonlyArray<{ deviceId: string; titleId: string }>,
): Promise<Array<{ deviceId: string; titleId: string; rows: number }>> {
  if (pairs.length === 0) return [];
  return manager.query(
    `SELECT g.device_id AS "deviceId", g.title_id AS "titleId", i.rows
       FROM unnest($2::uuid[], $3::int8[]) AS g (device_id, title_id)
      CROSS JOIN LATERAL (SELECT count(*)::int AS rows FROM plugins.installed
                           WHERE organisation_id = ${ORGANISATION} AND title_id = g.title_id AND device_id = g.device_id) i`,
    [organisationId, pairs.map(({ deviceId }) => deviceId), pairs.map(({ titleId }) => titleId)],
  );
}

/** Digest (see `sectionText`) and number of the software of each of these devices. */
export async function softwareDigests(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<Map<string, string>> {
  const rows: Array<{ deviceId: string; digest: string }> = await manager.query(
    `SELECT device_id AS "deviceId", encode(sha256(string_agg(
              convert_to(key, 'UTF8') || '\\x00'::bytea || convert_to(lpad(to_hex(digest), 16, '0') || chr(10), 'UTF8'),
              ''::bytea ORDER BY key)), 'hex') AS digest
       FROM plugins.installed WHERE organisation_id = ${ORGANISATION} AND device_id = ANY($2::uuid[]) GROUP BY device_id`,
    [organisationId, deviceIds],
  );
  return new Map(rows.map(({ deviceId, digest }) => [deviceId, digest]));
}
