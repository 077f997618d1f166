import type { Log, LogFields } from '../state/log';

/** A log that a test reads. */
export class RecordedLog implements Log {
  readonly lines: Array<{ level: string; event: string; fields: LogFields }> = [];

  info(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', event, fields });
  }
  warn(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', event, fields });
  }
  error(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', event, fields });
  }
  get events(): string[] {
    return this.lines.map(({ event }) => event);
  }
}
