import { AppError } from '@muster/contracts';
import { JetStreamApiError } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/transport-node';

/** Seconds. A connection comes back soon; a full disk needs somebody to do something, or consumers to catch up. */
const AWAY = 5;
const FULL = 30;

/**
 * Codes by which JetStream refuses for want of room (nats-server, errors.json): insufficient resources, a stream that could
 * not store (its own limit, or no space left on the device), no storage left for a new stream, limits of the account.
 */
const NO_ROOM = new Set([10002, 10023, 10028, 10047, 10077]);

/**
 * What a failure of the bus itself is for the code that called it: an `AppError` stays what it is, a refusal by the
 * server's permissions is this suite's own fault, everything else is `unavailable`.
 */
export function unavailable(doing: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const text = `${doing}: ${messageOf(error)}`;
  const refused = [error, causeOf(error)].some((one) => one instanceof PermissionViolationError);
  return refused
    ? new AppError('internal', text, { cause: error })
    : new AppError('unavailable', text, { cause: error, retryAfterSeconds: isFull(error) ? FULL : AWAY });
}

export const isFull = (error: unknown): boolean => error instanceof JetStreamApiError && NO_ROOM.has(error.code);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);
