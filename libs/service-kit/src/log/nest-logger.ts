import type { LoggerService } from '@nestjs/common';
import type { Log } from './log';

type Level = 'trace' | 'debug' | 'warn' | 'error' | 'fatal';

/**
 * Messages of Nest's own logger. What Nest tells about its start is of interest only when searching for a fault, so its
 * `log` is `debug`. Objects become fields.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly to: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    const details = rest.slice(0, -1).filter((detail) => detail !== undefined);
    const fields = { context: rest.at(-1), ...(details.length > 0 ? { details } : {}) };
    if (message instanceof Error) return this.to[level]({ ...fields, err: message }, message.message);
    if (typeof message !== 'object' || message === null) return this.to[level](fields, String(message));
    const { message: text, ...more } = message as { message?: unknown };
    this.to[level]({ ...fields, ...more }, String(text ?? ''));
  }
}
