import { AppError, isUuid } from '@muster/contracts';

/** A place in a list as text, for the caller to bring back: what its last row is sorted by, and its id. */
export const cursorOf = (value: string, id: string): string => Buffer.from(`${value}\n${id}`).toString('base64url');

/**
 * Value and id of a place. @param holds whether the value is one of what the list is sorted by
 * @throws AppError `invalid-input` for what no page of this list gave
 */
export function placeOf(cursor: string, holds: (value: string) => boolean): [value: string, id: string] {
  const [value = '', id = '', ...more] = Buffer.from(cursor, 'base64url').toString('utf8').split('\n');
  if (more.length === 0 && holds(value) && isUuid(id)) return [value, id];
  throw new AppError('invalid-input', 'Go on with the `next` that a page gave, in the same order.', {
    faults: [{ field: 'after', problem: 'is not the next of a page in this order' }],
  });
}

/** What values of places may be, as PostgreSQL reads them. */
export const isText = (value: string): boolean => value !== '' && !value.includes('\0');
export const isInstant = (value: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value));
