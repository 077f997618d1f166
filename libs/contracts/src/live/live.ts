import { List, Nested, nested, OneOf, Uuid, uuid, Whole } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { DeviceSummary } from '../devices/devices';
import { Operation } from '../operations/operations';
import { LogEntry } from '../reports/logs';
import { OutputPiece } from '../reports/output';

/**
 * One message of the `/live` WebSocket, server to console. A console sees its organisation's messages that its
 * permissions allow; output only of operations that it asked to watch.
 */
export class LiveMessage {
  @OneOf([
    'device.changed',
    'device.removed',
    'operation.changed',
    'output.appended',
    'logs.appended',
    'merge-question.changed',
    'hello',
    'signed-out',
  ])
  type:
    | 'device.changed'
    | 'device.removed'
    | 'operation.changed'
    | 'output.appended'
    | 'logs.appended'
    | 'merge-question.changed'
    | 'hello'
    | 'signed-out';
  @Uuid({ optional: true, about: 'Device, operation or question that the message is about.' }) id?: string;
  @Nested(() => DeviceSummary, { optional: true }) device?: DeviceSummary;
  @Nested(() => Operation, { optional: true }) operation?: Operation;
  @List(nested(() => OutputPiece), { max: 64, optional: true }) pieces?: OutputPiece[];
  @List(nested(() => LogEntry), { max: 100, optional: true, about: 'Oldest first.' }) entries?: LogEntry[];
}

/**
 * Console to server: whose output and logs to send. Replaces the earlier list. The console then fetches what it missed by
 * HTTP.
 */
export class LiveWatch {
  @OneOf(['watch-output', 'watch-logs']) type: 'watch-output' | 'watch-logs';
  @List(uuid(), { max: 50, optional: true }) operationIds?: string[];
  @List(uuid(), { max: 50, optional: true, about: 'Devices whose agent logs to send.' }) deviceIds?: string[];
}

/** Carries live messages between instances of `web`. */
export class LiveFanOut {
  @Uuid() organisationId: string;
  @OneOf(['devices.read', 'operations.read', 'monitoring.read'])
  permission: 'devices.read' | 'operations.read' | 'monitoring.read';
  @Nested(() => LiveMessage) message: LiveMessage;
}
export const liveFannedOut = defineEvent({
  subject: 'live.fan-out.v1',
  delivery: 'ephemeral',
  payload: LiveFanOut,
  publishers: ['web', 'rmm-logs'],
  consumers: ['web'],
});

/**
 * Consoles of this organisation follow the logs of these devices, for so long unless it is said again: when one begins,
 * and from then on twice in that time. Where nobody follows, lines need not be sent.
 */
export class LogsFollowed {
  @Uuid() organisationId: string;
  @List(uuid(), { min: 1, max: 500 }) deviceIds: string[];
  @Whole({ min: 1, max: 600 }) seconds: number;
}
export const logsFollowed = defineEvent({
  subject: 'logs.followed.v1',
  delivery: 'ephemeral',
  payload: LogsFollowed,
  publishers: ['web'],
  consumers: ['rmm-logs'],
});

/** Consoles of this organisation watch the output of these operations: said as `LogsFollowed` is. */
export class OutputFollowed {
  @Uuid() organisationId: string;
  @List(uuid(), { min: 1, max: 500 }) operationIds: string[];
  @Whole({ min: 1, max: 600 }) seconds: number;
}
export const outputFollowed = defineEvent({
  subject: 'output.followed.v1',
  delivery: 'ephemeral',
  payload: OutputFollowed,
  publishers: ['web'],
  consumers: ['rmm-logs'],
});
