import type { AppError } from '@muster/contracts';
import { errorBody } from '@muster/service-kit';

/** An answer of the push service: always JSON. */
export interface PushReply {
  status: number;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

export const ok = (value: unknown): PushReply => ({ status: 200, body: JSON.stringify(value) });

/** How a group of addresses says that something went wrong. */
export type ErrorStyle = (error: AppError, correlationId: string) => PushReply;

/** The suite's own: `ErrorBody`. */
export const suiteErrors: ErrorStyle = (error, correlationId) => {
  const { retryAfterSeconds } = error.details;
  return {
    status: error.status,
    body: JSON.stringify(errorBody(error, correlationId)),
    headers: {
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...(error.status === 401 && { 'www-authenticate': 'Bearer, Basic realm="push"' }),
    },
  };
};
