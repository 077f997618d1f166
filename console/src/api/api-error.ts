import { ERROR_STATUS, type ErrorBody, type ErrorCode, type FaultDetail } from '@muster/contracts';

/** A code of the contracts' closed list, or `unreachable`: no answer came at all. */
export type ApiErrorCode = ErrorCode | 'unreachable';

/** A request that was refused or did not arrive, with what a person needs to act on it. */
export class ApiError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    readonly details: {
      status?: number;
      correlationId?: string;
      faults?: FaultDetail[];
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'ApiError';
  }

  /** Trying again without changing anything may help. */
  get transient(): boolean {
    return this.code === 'unreachable' || this.code === 'unavailable';
  }
}

/** Reads an error reply. What is not an ErrorBody (a proxy's page, an empty body) becomes a code by its status. */
export function toApiError(status: number, body: unknown, headers: Pick<Headers, 'get'>): ApiError {
  const retry = headers.get('retry-after');
  if (!isErrorBody(body)) {
    const code: ErrorCode = status === 429 ? 'too-many-requests' : status >= 502 ? 'unavailable' : 'internal';
    return new ApiError(code, '', { status, retryAfterSeconds: seconds(retry) });
  }
  return new ApiError(isErrorCode(body.code) ? body.code : 'internal', body.message, {
    status,
    correlationId: body.correlationId,
    faults: body.faults,
    retryAfterSeconds: seconds(body.retryAfter ?? retry),
  });
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_STATUS, code);

function isErrorBody(body: unknown): body is ErrorBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    typeof (body as Partial<ErrorBody>).code === 'string' &&
    typeof (body as Partial<ErrorBody>).message === 'string'
  );
}

function seconds(text: string | null | undefined): number | undefined {
  const value = Number(text);
  return text && Number.isFinite(value) && value >= 0 ? value : undefined;
}
