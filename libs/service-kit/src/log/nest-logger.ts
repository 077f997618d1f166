import type { LoggerService } from '@nestjs/common';
import type { Log } from './log';

/** Nest's own messages: what it tells about its start is only of interest when searching for a fault. */
export class NestLogger implements LoggerService {
  constructor(private readonly to: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.to.debug({ context: contextOf(rest) }, String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.to.trace({ context: contextOf(rest) }, String(message));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.to.trace({ context: contextOf(rest) }, String(message));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.to.warn({ context: contextOf(rest) }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.to.error({ context: contextOf(rest), detail: rest.slice(0, -1) }, String(message));
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.to.fatal({ context: contextOf(rest) }, String(message));
  }
}

const contextOf = (rest: unknown[]): unknown => rest.at(-1);
