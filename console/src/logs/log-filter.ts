import { LOG_LEVELS, type LogEntry, type LogQuery } from '@muster/contracts';
import { known, type ListState } from '../ui/list-state';
import { instantOf } from '../ui/period-fields';

/** What of the logs the address asks for. */
export type LogFilter = Pick<LogQuery, 'deviceId' | 'level' | 'search' | 'from' | 'to'>;

export const logFilterOf = (get: ListState['get'], deviceId: string | undefined): LogFilter => ({
  deviceId,
  level: known(LOG_LEVELS, get('level')),
  search: get('search')?.slice(0, 200),
  from: instantOf(get('from')),
  to: instantOf(get('to')),
});

/** The same choice that the server makes, for lines that arrive live. */
export function accepts({ level, search, from, to, deviceId }: LogFilter, entry: LogEntry): boolean {
  if (deviceId !== undefined && entry.deviceId !== deviceId) return false;
  if (level && LOG_LEVELS.indexOf(entry.level) < LOG_LEVELS.indexOf(level)) return false;
  if ((from && entry.at < from) || (to && entry.at > to)) return false;
  if (!search) return true;
  const wanted = search.toLowerCase();
  return [entry.message, entry.fields ?? ''].some((text) => text.toLowerCase().includes(wanted));
}

/** Names and values of a line's fields; undefined when they are no object (then they are shown as they are). */
export function fieldsOf(fields: string): [name: string, value: string][] | undefined {
  try {
    const parsed: unknown = JSON.parse(fields);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.entries(parsed).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value, undefined, 2),
    ]);
  } catch {
    return undefined;
  }
}

/** Lines as text, for the clipboard. */
export const textOf = (entries: readonly LogEntry[]): string =>
  entries
    .map(({ at, level, message, fields }) =>
      [at, level.toUpperCase().padEnd(5), message, fields].filter(Boolean).join(' '),
    )
    .join('\n');
