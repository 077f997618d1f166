import { AppError } from '@muster/contracts';

/** Wraps a failure of the bus itself: an `AppError` stays what it is, everything else becomes `unavailable`. */
export function unavailable(doing: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new AppError('unavailable', `${doing}: ${why}`, { cause: error, retryAfterSeconds: 5 });
}
