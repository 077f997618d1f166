import { AppError } from '@muster/contracts';
import { QueryFailedError } from 'typeorm';

/** SQLSTATEs (PostgreSQL, appendix A) that say: what was sent cannot be stored. */
const INVALID_INPUT = new Set(['22001', '22003', '22007', '22008', '22021', '22023', '22P02', '22P05']);
/**
 * … and that say: not now. Serialisation failures, deadlocks, cancelled statements, shutdown, a server that only reads, and
 * what a server has too little of: connections, memory, disk (class 53, and 58030 where writing failed).
 */
const NOT_NOW = new Set(['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03', '25P03', '25006', '58030']);
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN']);
const LOST =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Client has encountered a connection error|Query runner already released|Driver not Connected/i;

/** SQLSTATE or Node.js error code of a failure, from wherever the layers above the driver have put it. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof QueryFailedError) return codeOf(error.driverError);
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code ?? ('cause' in error ? codeOf(error.cause) : undefined);
}

/** The server cannot be reached or is going away: what failed may be tried again. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && (code.startsWith('08') || code.startsWith('57P') || NETWORK.has(code))) return true;
  return error instanceof Error && LOST.test(error.message);
}

/** A unique constraint was violated; of the given name, when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || detailOf(error, 'constraint') === constraint;
}

/**
 * There is no partition for a row. PostgreSQL has no code for it alone: a check was violated (23514), and unlike with a
 * declared check there is no constraint to name.
 */
export function isMissingPartition(error: unknown): boolean {
  return codeOf(error) === '23514' && detailOf(error, 'constraint') === undefined;
}

function detailOf(error: unknown, name: 'constraint'): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof source !== 'object' || source === null) return undefined;
  if (name in source) {
    const detail: unknown = Reflect.get(source, name);
    return typeof detail === 'string' ? detail : undefined;
  }
  return 'cause' in source ? detailOf(source.cause, name) : undefined;
}

/** Maps what the driver threw to the closed list of codes; what is a fault of our own stays as it is. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (isConnectionLoss(error) || (code !== undefined && (NOT_NOW.has(code) || code.startsWith('53')))) {
    return new AppError('unavailable', 'The database cannot answer now. Try again in a moment.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
  if (code !== undefined && INVALID_INPUT.has(code)) {
    return new AppError('invalid-input', 'A value cannot be stored: it is too long, out of range or not plain text.', {
      cause: error,
    });
  }
  return error;
}
