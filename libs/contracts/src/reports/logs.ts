import { Instant, List, nested, OneOf, Text, Uuid } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { CursorQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { Report, Reported, ReportedItem } from './reports';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line of an agent's log. */
export class LogReport extends Report {
  @OneOf(['log']) kind: 'log';
  @OneOf(LOG_LEVELS) level: LogLevel;
  @Text({ min: 1, max: 8192 }) message: string;
  @Text({ max: 16_384, optional: true, about: 'JSON object with what else the line says.' }) fields?: string;
}

export class ReportedLog extends ReportedItem {
  @OneOf(LOG_LEVELS) level: LogLevel;
  @Text({ max: 8192 }) message: string;
  @Text({ max: 16_384, optional: true }) fields?: string;
}
export class LogsReported extends Reported {
  @List(nested(() => ReportedLog), { min: 1, max: 500 }) logs: ReportedLog[];
}
export const logsReported = defineEvent({
  subject: 'report.logs.v1',
  delivery: 'reported',
  payload: LogsReported,
  publishers: ['rmm-logs'],
  consumers: ['rmm-logs'],
});

export class LogEntry {
  @Text({ max: 64, about: 'Names the line; a place for `after`.' }) id: string;
  @Uuid() deviceId: string;
  @Instant() at: string;
  @OneOf(LOG_LEVELS) level: LogLevel;
  @Text({ max: 8192 }) message: string;
  @Text({ max: 16_384, optional: true, about: 'JSON object.' }) fields?: string;
}
export class LogQuery extends CursorQuery {
  @Uuid({ optional: true }) deviceId?: string;
  @OneOf(LOG_LEVELS, { optional: true, about: 'This level and those above it.' }) level?: LogLevel;
  @Text({ max: 200, optional: true, about: 'Text in message or fields, upper and lower case alike.' }) search?: string;
  @Instant({ optional: true }) from?: string;
  @Instant({ optional: true }) to?: string;
}
export class LogPage {
  @List(nested(() => LogEntry), { max: 500, about: 'Newest first.' }) entries: LogEntry[];
  @Text({ max: 200, optional: true, about: 'There are older ones, or may be: ask with `after`.' }) next?: string;
  @Instant({
    optional: true,
    about: 'A search reads so many lines at a time: it has read back to here, older ones may match. Comes with `next`.',
  })
  searchedTo?: string;
}
export const listLogs = defineRoute({
  service: 'rmm-logs',
  face: 'manager',
  method: 'GET',
  path: '/rmm/logs',
  access: may('monitoring.read'),
  summary: 'Log lines of agents, of one device or of all',
  query: LogQuery,
  reply: LogPage,
  list: 'entries',
});
