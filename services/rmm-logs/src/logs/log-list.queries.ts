import { LOG_LEVELS, type LogEntry, type LogPage, type LogQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { nameOfPlace, placeOfName } from './log-place';

const PAGE = 100;
const HOUR = 3_600_000;

export interface LogRecord {
  at: Date;
  id: string;
  device_id: string;
  level: number;
  message: string;
  fields: string | null;
}

/** How far one page looks. */
export interface LogReach {
  /** Hours that a list of all devices looks back, if it does not say. */
  fleetHours: number;
  /** Lines, of those that match the other filters, that a page of a search reads. */
  searchLines: number;
}

/**
 * Newest first, by (at, id): the key's order for all devices, `logs_of_device` for one. The level stands in the text, as
 * a constant that the index of severe lines can be proved from. A search reads so many lines at most; `ends` says where it
 * stopped when there may be more.
 */
export function logSql(query: LogQuery, organisationId: string, now: number, reach: LogReach): [string, unknown[]] {
  const parameters: unknown[] = [organisationId];
  const value = (parameter: unknown): string => `$${parameters.push(parameter)}`;
  const conditions = ['organisation_id = $1'];
  const { deviceId, level, search, after } = query;
  if (deviceId) conditions.push(`device_id = ${value(deviceId)}`);
  if (level && level !== 'debug') conditions.push(`level >= ${LOG_LEVELS.indexOf(level)}`);
  const to = query.to === undefined ? undefined : Date.parse(query.to);
  const from = query.from ?? (deviceId ? undefined : new Date((to ?? now) - reach.fleetHours * HOUR).toISOString());
  if (from !== undefined) conditions.push(`at >= ${value(from)}`);
  if (to !== undefined) conditions.push(`at < ${value(new Date(to).toISOString())}`);
  if (after !== undefined) {
    const { at, id } = placeOfName(after);
    const moment = value(new Date(at).toISOString());
    conditions.push(`at <= ${moment} AND (at, id) < (${moment}, ${value(id)}::bigint)`);
  }
  const columns = 'at, id, device_id, level, message, fields';
  const ordered = `SELECT ${columns} FROM rmm_logs.logs
    WHERE ${conditions.join(' AND ')} ORDER BY at DESC, id DESC`;
  const rows = value((query.size ?? PAGE) + 1);
  const text = search?.trim();
  if (!text) return [`${ordered} LIMIT ${rows}`, parameters];
  const pattern = value(containing(text));
  const window = value(reach.searchLines);
  const sql = `WITH w AS MATERIALIZED (${ordered} LIMIT ${window}),
      found AS (SELECT * FROM w WHERE ${folded('message')} LIKE ${pattern} OR ${folded('fields')} LIKE ${pattern}
                 ORDER BY at DESC, id DESC LIMIT ${rows}),
      ends AS (SELECT at AS ends_at, id AS ends_id FROM w WHERE (SELECT count(*) FROM w) = ${window} ORDER BY at, id LIMIT 1)
    SELECT found.*, ends.* FROM (SELECT 1) AS one LEFT JOIN found ON true LEFT JOIN ends ON true
     ORDER BY found.at DESC, found.id DESC`;
  return [sql, parameters];
}

/** Lower case of every script, whatever the locale of the database is. */
const folded = (column: string): string => `lower(${column} COLLATE "und-x-icu")`;

/** Finds the text anywhere; wildcards in it count as themselves. */
const containing = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;

/** A line; of a search that found none, and where it ended, nothing of it. */
type FoundRecord = LogRecord & { ends_at?: Date | null; ends_id?: string | null };

export async function listLogs(
  manager: EntityManager,
  organisationId: string,
  query: LogQuery,
  reach: LogReach,
  now = Date.now(),
): Promise<LogPage> {
  const size = query.size ?? PAGE;
  const rows: FoundRecord[] = await manager.query(...logSql(query, organisationId, now, reach));
  const found = rows.filter(({ at }) => (at as Date | null) !== null);
  const entries = found.slice(0, size).map(entryOf);
  const last = entries.at(-1);
  if (found.length > size && last) return { entries, next: last.id };
  const { ends_at: at, ends_id: id } = rows[0] ?? {};
  if (!at || !id) return { entries };
  return { entries, next: nameOfPlace({ at: at.getTime(), id }), searchedTo: at.toISOString() };
}

export function entryOf({ at, id, device_id, level, message, fields }: LogRecord): LogEntry {
  return {
    id: nameOfPlace({ at: at.getTime(), id }),
    deviceId: device_id,
    at: at.toISOString(),
    level: LOG_LEVELS[level] ?? 'info',
    message,
    ...(fields === null ? {} : { fields }),
  };
}
