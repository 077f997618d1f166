import { AppError } from '@muster/contracts';

/** Where a line stands among all of an organisation: when, and its number, which is its own. Newest first. */
export interface LogPlace {
  /** Milliseconds since 1970. */
  at: number;
  id: string;
}

export const nameOfPlace = ({ at, id }: LogPlace): string => `${at}-${id}`;

/** @throws AppError `invalid-input` when it is no place */
export function placeOfName(name: string): LogPlace {
  const [, at, id] = /^(\d{1,15})-(\d{1,18})$/.exec(name) ?? [];
  if (at === undefined || id === undefined) {
    const faults = [{ field: 'after', problem: 'must be the `next` of a page or the `id` of a line' }];
    throw new AppError('invalid-input', 'The input has faults.', { faults });
  }
  return { at: Number(at), id };
}
