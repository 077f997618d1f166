import type { AuditPage, AuditQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { ENTRY_COLUMNS, entryOf, type EntryRecord } from '../chain/entry-rows';
import { cursorOf, placeOf } from './cursor';

const DEFAULT_SIZE = 100;

/** Lower case of every text that a search looks in, one after another. */
const SEARCHED = `lower(concat_ws(E'\\n', w.action, w.actor_name, w.actor_address, w.target_name, w.target_id, w.details::text))`;

/**
 * The statement behind a page, newest first. Without a search it reads one index in its order. With one it looks through
 * at most `window` entries that match the other filters; `ends` says where it stopped when there may be more.
 */
export function auditListSql(organisationId: string, query: AuditQuery, window: number) {
  const parameters: unknown[] = [organisationId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const size = query.size ?? DEFAULT_SIZE;
  const conditions = ['e.organisation_id = $1', ...filtersOf(query, bind)];
  if (query.after) {
    const { at, number } = placeOf(query.after);
    conditions.push(`(e.at, e.number) < (${bind(at)}::timestamptz, ${bind(number)}::bigint)`);
  }
  const ordered = `SELECT ${ENTRY_COLUMNS} FROM audit.entries e WHERE ${conditions.join(' AND ')}
    ORDER BY e.at DESC, e.number DESC`;
  const search = query.search?.trim();
  if (!search) return { sql: `${ordered} LIMIT ${bind(size + 1)}`, parameters, size, searching: false };
  const sql = `WITH w AS MATERIALIZED (${ordered} LIMIT ${bind(window)}),
      found AS (SELECT w.* FROM w WHERE ${SEARCHED} LIKE ${bind(containing(search))}
                 ORDER BY w.at DESC, w.number::bigint DESC LIMIT ${bind(size + 1)}),
      ends AS (SELECT w.at AS ends_at, w.number AS ends_number FROM w
                WHERE (SELECT count(*) FROM w) = ${bind(window)} ORDER BY w.at, w.number::bigint LIMIT 1)
    SELECT found.*, ends.* FROM (SELECT 1) one LEFT JOIN found ON true LEFT JOIN ends ON true ORDER BY found.at DESC, found.number::bigint DESC`;
  return { sql, parameters, size, searching: true };
}

function filtersOf(query: AuditQuery, bind: (value: unknown) => string): string[] {
  const { action, actorId, targetId, deviceId, outcome, from, to } = query;
  const subject = action?.endsWith('.') ? action.slice(0, -1) : undefined;
  return [
    ...(subject === undefined ? [] : [`e.subject = ${bind(subject)}`]),
    ...(action && subject === undefined ? [`e.action = ${bind(action)}`] : []),
    ...(actorId ? [`e.actor_id = ${bind(actorId)}`] : []),
    ...(targetId ? [`e.target_id = ${bind(targetId)}`] : []),
    ...(deviceId ? [`e.device_id = ${bind(deviceId)}`] : []),
    // Written out, so that the index of what was not done can serve.
    ...(outcome ? [`e.outcome = '${outcome}'${outcome === 'done' ? '' : ` AND e.outcome <> 'done'`}`] : []),
    ...(from ? [`e.at >= ${bind(from)}::timestamptz`] : []),
    ...(to ? [`e.at <= ${bind(to)}::timestamptz`] : []),
  ];
}

/** A LIKE pattern for text anywhere; details are searched as JSON, in which quotes and backslashes are escaped. */
const containing = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;

type FoundRecord = EntryRecord & { ends_at?: Date | null; ends_number?: string | null };

/** One page of the entries that match, newest first. */
export async function listAuditPage(
  manager: EntityManager,
  organisationId: string,
  query: AuditQuery,
  window: number,
): Promise<AuditPage> {
  const { sql, parameters, size, searching } = auditListSql(organisationId, query, window);
  const rows: FoundRecord[] = await manager.query(sql, parameters);
  const found = rows.filter((row) => row.number !== null).map(entryOf);
  const entries = found.slice(0, size);
  const last = entries.at(-1);
  if (found.length > size && last) return { entries, next: cursorOf(last) };
  const [ends] = rows;
  if (!searching || !ends?.ends_at || !ends.ends_number) return { entries };
  return { entries, next: cursorOf({ at: ends.ends_at.toISOString(), number: Number(ends.ends_number) }) };
}
