import { AppError } from '@muster/contracts';

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** SQLSTATE: connection exceptions, no room (disk, memory, connections), server shutting down or starting, I/O errors. */
const SQL_STATE = /^(08\w{3}|53\w{3}|57P0[123]|58030)$/;

/**
 * Whether a handler failed only because something that it needs is away for now (a database, a service): then the
 * event is not at fault, and trying again makes sense for as long as it takes.
 */
export function isAway(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth += 1) {
    if (one instanceof AppError) {
      if (one.code === 'unavailable') return true;
      continue;
    }
    const code: unknown = 'code' in one ? one.code : undefined;
    if (typeof code === 'string' && (NETWORK.has(code) || SQL_STATE.test(code))) return true;
  }
  return false;
}
