import { AppError } from '@muster/contracts';

/** A place in a list as text, for the caller to bring back: what its last row is sorted by. */
export const cursorOf = (...parts: readonly string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/**
 * The parts of a place, each of which must be of its kind.
 * @throws AppError `invalid-input` for what no page of this list gave
 */
export function placeOf(cursor: string, ...kinds: ReadonlyArray<(part: string) => boolean>): string[] {
  const parts = partsOf(cursor);
  if (parts.length === kinds.length && kinds.every((holds, index) => holds(parts[index] ?? ''))) return parts;
  throw new AppError('invalid-input', 'Go on with the `next` that a page gave, in the same order.', {
    faults: [{ field: 'after', problem: 'is not the next of a page in this order' }],
  });
}

/** What parts of places may be, as PostgreSQL reads them. */
export const isText = (part: string): boolean => !part.includes('\0');
/** Seconds since 1970 as PostgreSQL's `extract` writes them. */
export const isSeconds = (part: string): boolean => /^-?\d{1,12}(\.\d{1,6})?$/.test(part);

function partsOf(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}
