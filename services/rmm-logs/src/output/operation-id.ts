import { AppError } from '@muster/contracts';

const HOUR = 3_600_000;

/** The time in a UUIDv7 (RFC 9562, 5.7), in milliseconds since 1970; undefined for other ids. */
export function timeOf(id: string): number | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * Output is kept by its operation's time.
 * @throws AppError `invalid-input` for what is no id of an operation, or one from the future; `not-found` where nothing
 * is kept any more
 */
export function requireTime(id: string, kept: { from: number }, futureHours: number, now = Date.now()): void {
  const time = timeOf(id);
  if (time === undefined || time > now + futureHours * HOUR) {
    throw new AppError('invalid-input', 'This is not the id of an operation of this server.');
  }
  if (time < kept.from) throw new AppError('not-found', 'This operation is so old that its output is not kept.');
}
