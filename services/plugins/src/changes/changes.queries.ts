import { AppError, type ChangePage, type ChangeQuery, type InventoryChange, isUuid } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { containing } from '../software/containing';
import { firstIdAt, momentOf } from './change-id';

type Row = Omit<InventoryChange, 'at' | 'fields'> & { fields: InventoryChange['fields'] | null };
const DEFAULT_SIZE = 100;

/**
 * The statement behind a page: rows of the device, section and time are read newest first, and `change` and `search` look
 * at no more than `scan` of them, since neither has an index; what was looked at last is where the next page begins.
 */
export function changesSql(organisationId: string, query: ChangeQuery, scan: number) {
  const parameters: unknown[] = [organisationId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['organisation_id = $1'];
  if (query.deviceId) conditions.push(`device_id = ${bind(query.deviceId)}`);
  if (query.section) conditions.push(`section = ${bind(query.section)}`);
  if (query.after) conditions.push(`id < ${bind(placeOf(query.after))}`);
  if (query.from) conditions.push(`id >= ${bind(firstIdAt(new Date(query.from)))}`);
  if (query.to) conditions.push(`id < ${bind(firstIdAt(new Date(query.to)))}`);
  const filters: string[] = [];
  if (query.change) filters.push(`change = ${bind(query.change)}`);
  if (query.search?.trim()) filters.push(`title_key LIKE ${bind(containing(query.search))}`);
  const wanted = (query.size ?? DEFAULT_SIZE) + 1;
  const looked = filters.length === 0 ? wanted : Math.max(scan, wanted);
  const filtered = filters.length === 0 ? '' : `WHERE ${filters.join(' AND ')}`;
  const sql = `
    WITH seen AS (
      SELECT id, device_id, section, change, key, title, title_key, fields, row_number() OVER (ORDER BY id DESC) AS place
        FROM plugins.changes WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ${bind(looked)}
    ), page AS (SELECT * FROM seen ${filtered} ORDER BY id DESC LIMIT ${bind(wanted)})
    SELECT (SELECT id FROM seen WHERE place = ${bind(looked)}) AS "lastSeen",
           p.id, p.device_id AS "deviceId", coalesce(d.name, '') AS "deviceName", p.section, p.change, p.key, p.title, p.fields
      FROM (SELECT 1) AS always LEFT JOIN page p ON true
      LEFT JOIN LATERAL (SELECT name FROM plugins.devices WHERE organisation_id = $1 AND id = p.device_id OFFSET 0) d ON true
     ORDER BY p.id DESC NULLS LAST`;
  return { sql, parameters };
}

/** A page of history, newest first. A search may answer with few or no rows and a `next`: older ones are not looked at yet. */
export async function listChanges(
  manager: EntityManager,
  organisationId: string,
  query: ChangeQuery,
  scan: number,
): Promise<ChangePage> {
  const { sql, parameters } = changesSql(organisationId, query, scan);
  const rows: Array<Row & { lastSeen: string | null; id: string | null }> = await manager.query(sql, parameters);
  const found = rows.filter((row): row is Row & { lastSeen: string | null; id: string } => row.id !== null);
  const page = found.slice(0, query.size ?? DEFAULT_SIZE);
  const next = found.length > page.length ? page.at(-1)?.id : rows[0]?.lastSeen;
  return {
    changes: page.map(({ lastSeen: _, fields, ...row }) => ({
      ...row,
      at: momentOf(row.id).toISOString(),
      fields: fields ?? [],
    })),
    ...(next ? { next } : {}),
  };
}

function placeOf(after: string): string {
  if (isUuid(after)) return after;
  throw new AppError('invalid-input', 'There is no such place in the list.', {
    faults: [{ field: 'after', problem: 'must be the `next` of a page' }],
  });
}
