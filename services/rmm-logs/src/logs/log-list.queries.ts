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

/**
 * Newest first, by (at, id): the key's order for all devices, `logs_of_device` for one. The level stands in the text, as
 * a constant that the index of severe lines can be proved from.
 */
export function logSql(query: LogQuery, organisationId: string, now: number, fleetHours: number): [string, unknown[]] {
  const parameters: unknown[] = [organisationId];
  const value = (parameter: unknown): string => `$${parameters.push(parameter)}`;
  const conditions = ['organisation_id = $1'];
  const { deviceId, level, search, after } = query;
  if (deviceId) conditions.push(`device_id = ${value(deviceId)}`);
  if (level && level !== 'debug') conditions.push(`level >= ${LOG_LEVELS.indexOf(level)}`);
  const to = query.to === undefined ? undefined : Date.parse(query.to);
  const from = query.from ?? (deviceId ? undefined : new Date((to ?? now) - fleetHours * HOUR).toISOString());
  if (from !== undefined) conditions.push(`at >= ${value(from)}`);
  if (to !== undefined) conditions.push(`at < ${value(new Date(to).toISOString())}`);
  if (after !== undefined) {
    const { at, id } = placeOfName(after);
    const moment = value(new Date(at).toISOString());
    conditions.push(`at <= ${moment} AND (at, id) < (${moment}, ${value(id)}::bigint)`);
  }
  const text = search?.trim();
  if (text) {
    const pattern = value(containing(text));
    conditions.push(`(${folded('message')} LIKE ${pattern} OR ${folded('fields')} LIKE ${pattern})`);
  }
  const rows = value((query.size ?? PAGE) + 1);
  const sql = `SELECT at, id, device_id, level, message, fields FROM rmm_logs.logs
    WHERE ${conditions.join(' AND ')} ORDER BY at DESC, id DESC LIMIT ${rows}`;
  return [sql, parameters];
}

/** Lower case of every script, whatever the locale of the database is. */
const folded = (column: string): string => `lower(${column} COLLATE "und-x-icu")`;

/** Finds the text anywhere; wildcards in it count as themselves. */
const containing = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;

export async function listLogs(
  manager: EntityManager,
  organisationId: string,
  query: LogQuery,
  fleetHours: number,
  now = Date.now(),
): Promise<LogPage> {
  const size = query.size ?? PAGE;
  const records: LogRecord[] = await manager.query(...logSql(query, organisationId, now, fleetHours));
  const entries = records.slice(0, size).map(entryOf);
  const last = entries.at(-1);
  return { entries, ...(records.length > size && last ? { next: last.id } : {}) };
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
