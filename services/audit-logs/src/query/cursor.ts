import { AppError } from '@muster/contracts';

/** A place in the list of entries: the last one that was read. */
export interface Place {
  at: string;
  number: number;
}

export const cursorOf = ({ at, number }: Place): string => `${at}_${number}`;

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{1,16})$/;

/** @throws AppError `invalid-input` for what no page ever gave */
export function placeOf(cursor: string): Place {
  const [, at = '', number = ''] = CURSOR.exec(cursor) ?? [];
  if (Number.isNaN(Date.parse(at))) throw badCursor();
  return { at, number: Number(number) };
}

/** A cursor that is a number alone: of lists whose order is their number. @throws AppError `invalid-input` */
export function numberOf(cursor: string): number {
  if (!/^\d{1,16}$/.test(cursor)) throw badCursor();
  return Number(cursor);
}

const badCursor = (): AppError =>
  new AppError('invalid-input', 'Go on with the `next` that a page gave.', {
    faults: [{ field: 'after', problem: 'is not the next of a page' }],
  });
