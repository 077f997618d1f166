import { AppError, ERROR_CODES, ErrorBody, InvalidInput } from '@muster/contracts';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { decode } from './decode';
import { HEADERS } from './headers';

/** What a caller may know about an error; nothing of errors that nobody foresaw. */
export function errorBody(error: unknown, correlationId: string): ErrorBody {
  if (error instanceof InvalidInput)
    return {
      code: 'invalid-input',
      message: 'The request does not fit its contract.',
      correlationId,
      faults: error.faults,
    };
  if (!(error instanceof AppError))
    return { code: 'internal', message: 'Something went wrong on the server. Its log says what.', correlationId };
  const { faults, retryAfterSeconds } = error.details;
  return {
    code: error.code,
    message: error.message,
    correlationId,
    ...(faults ? { faults } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfter: String(retryAfterSeconds) }),
  };
}

export function respondWithError(message: Msg, headers: MsgHdrs, body: ErrorBody): void {
  headers.set(HEADERS.error, body.code);
  message.respond(JSON.stringify(body), { headers });
}

/** The error that a reply carries, as the server threw it; undefined for a good reply. */
export function errorOf(reply: Msg): AppError | undefined {
  const code = reply.headers?.get(HEADERS.error);
  if (!code) return undefined;
  try {
    const body = decode(ErrorBody, reply.data);
    const retryAfterSeconds = Number.parseInt(body.retryAfter ?? '', 10);
    return new AppError(ERROR_CODES.find((known) => known === body.code) ?? 'internal', body.message, {
      ...(body.faults ? { faults: body.faults } : {}),
      ...(Number.isNaN(retryAfterSeconds) ? {} : { retryAfterSeconds }),
    });
  } catch (error) {
    return new AppError('internal', `The refusal "${code}" could not be read.`, { cause: error });
  }
}
