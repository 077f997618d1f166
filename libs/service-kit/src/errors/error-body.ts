import { AppError, ERROR_STATUS, type ErrorBody, type ErrorCode, InvalidInput } from '@muster/contracts';

/** Errors of Fastify and Nest that are the client's doing, by HTTP status; anything else below 500 is `invalid-input`. */
const CLIENT_FAULTS: Readonly<Record<number, { code: ErrorCode; message: string }>> = {
  400: { code: 'invalid-input', message: 'The request cannot be read: it is not well-formed.' },
  404: { code: 'not-found', message: 'There is nothing at this address.' },
  405: { code: 'method-not-allowed', message: 'This address does not take that method.' },
  413: { code: 'too-large', message: 'The request is larger than this address accepts.' },
  414: { code: 'too-large', message: 'The address is longer than the server accepts.' },
  415: { code: 'unsupported-type', message: 'Send the body as application/json.' },
  431: { code: 'too-large', message: 'The headers are larger than the server accepts.' },
};

/** Maps whatever was thrown to the closed list of codes. What is nobody's expectation becomes `internal`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof InvalidInput) {
    return new AppError('invalid-input', 'The input has faults.', { faults: error.faults, cause: error });
  }
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    const fault = CLIENT_FAULTS[status] ?? CLIENT_FAULTS[400];
    if (fault) return new AppError(fault.code, fault.message, { cause: error });
  }
  if (status === 503)
    return new AppError('unavailable', 'The service is stopping. Try again.', { retryAfterSeconds: 2 });
  return new AppError('internal', 'Something went wrong here. The correlation id finds it in the logs.', {
    cause: error,
  });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  if ('getStatus' in error && typeof error.getStatus === 'function') return Number(error.getStatus());
  return undefined;
}

/** Body of the reply. A 5xx says no more than its code's sentence: what was thrown stays in the log. */
export function errorBody(error: AppError, correlationId: string): ErrorBody {
  const message =
    error.code === 'internal' ? 'Something went wrong here. The correlation id finds it in the logs.' : error.message;
  return {
    code: error.code,
    message,
    correlationId,
    ...(error.details.faults?.length && ERROR_STATUS[error.code] < 500
      ? { faults: error.details.faults.slice(0, 200) }
      : {}),
    ...(error.details.retryAfterSeconds === undefined ? {} : { retryAfter: String(error.details.retryAfterSeconds) }),
  };
}
