import { pino } from 'pino';
import { errorFields } from './error-fields';

type Write = (fields: object, message: string) => void;

/**
 * The service's log: JSON lines with `time`, `level`, `service`, `correlationId` where there is one, and `message`. Log
 * fields, not prose; ERROR means that someone must act now.
 */
export abstract class Log {
  abstract trace: Write;
  abstract debug: Write;
  abstract info: Write;
  abstract warn: Write;
  abstract error: Write;
  abstract fatal: Write;
  /** Whether lines of a level are written at all: what is dear to make for one that is not need not be made. */
  abstract isLevelEnabled(level: 'trace' | 'debug'): boolean;
  /** A log whose lines all carry these fields. */
  abstract child(fields: Record<string, unknown>): Log;
}

/** Fields that never reach a log, however deep a caller buries them (three levels). */
const SECRETS = [
  'password',
  'currentPassword',
  'newPassword',
  'credential',
  'secret',
  'authorization',
  'cookie',
  'token',
];

/** A log for processes without a bus. `more`: fields of each line, asked for when it is written. */
export function processLog(
  service: string,
  level: string,
  { destination, more }: { destination?: { write(line: string): void }; more?: () => object } = {},
): Log {
  return pino(
    {
      level,
      messageKey: 'message',
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => errorFields(error) },
      formatters: { level: (label) => ({ level: label }) },
      ...(more ? { mixin: more } : {}),
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
