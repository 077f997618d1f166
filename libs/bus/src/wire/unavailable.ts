import { AppError } from '@muster/contracts';
import { PermissionViolationError } from '@nats-io/transport-node';

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
    : new AppError('unavailable', text, { cause: error, retryAfterSeconds: 5 });
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);
