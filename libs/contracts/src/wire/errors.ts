import { List, nested, Text } from '../schema/fields';

/** The closed list of error codes and the HTTP status that each one travels with. */
export const ERROR_STATUS = {
  'invalid-input': 400,
  'certificate-required': 400,
  'certificate-refused': 400,
  'not-signed-in': 401,
  'sign-in-failed': 401,
  'password-change-required': 403,
  'csrf-refused': 403,
  'permission-denied': 403,
  'device-revoked': 403,
  'key-unknown': 403,
  'key-spent': 403,
  'key-expired': 403,
  'key-revoked': 403,
  'request-refused': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'too-large': 413,
  'unsupported-type': 415,
  'range-not-satisfiable': 416,
  'idempotency-key-reused': 422,
  'locked-out': 429,
  'too-many-requests': 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;
export const ERROR_CODES = Object.keys(ERROR_STATUS) as ErrorCode[];

export class FaultDetail {
  @Text({ max: 512 }) field: string;
  @Text({ max: 2048 }) problem: string;
}

/** Body of every HTTP error, and of every refused bus request. */
export class ErrorBody {
  @Text({ max: 64, about: 'One of the closed list of codes.' }) code: string;
  @Text({ max: 4096, about: 'A sentence that a person can act on.' }) message: string;
  @Text({ max: 64, about: 'Finds this request in every log.' }) correlationId: string;
  @List(nested(() => FaultDetail), { max: 200, optional: true }) faults?: FaultDetail[];
  @Text({ max: 32, optional: true, about: 'Seconds after which trying again makes sense.' }) retryAfter?: string;
}

/** An expected failure. Thrown anywhere; mapped once per transport. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { faults?: FaultDetail[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}
