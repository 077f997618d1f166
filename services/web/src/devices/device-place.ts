import { type DeviceQuery, isUuid } from '@muster/contracts';
import * as places from '../lists/place';
import { presenceRank } from './presence-rank';

type Sort = NonNullable<DeviceQuery['sort']>;

/** Each sort has an index that ends in the id, so that a page is read in order and pages never overlap. */
export const SORTS: Record<Sort, { column: string; type: 'text' | 'int' | 'timestamptz' }> = {
  name: { column: 'lower(d.name)', type: 'text' },
  presence: { column: presenceRank, type: 'int' },
  osName: { column: 'd.os_name', type: 'text' },
  lastContactAt: { column: 'd.last_contact_at', type: 'timestamptz' },
  enrolledAt: { column: 'd.enrolled_at', type: 'timestamptz' },
};

export interface Order {
  sort: Sort;
  direction: 'ASC' | 'DESC';
}
export const orderOf = ({ sort = 'name', direction }: DeviceQuery): Order => ({
  sort,
  direction: direction === 'descending' ? 'DESC' : 'ASC',
});

/** Where a page ended: what its last row is sorted by, as PostgreSQL writes it, and that row's id. */
export interface Place {
  value: string;
  id: string;
}

/** A place in an order, as text for the caller to bring back. */
export const cursorOf = ({ sort, direction }: Order, { value, id }: Place): string =>
  places.cursorOf(sort, direction, id, value);

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/;
const HOLDS: Record<(typeof SORTS)[Sort]['type'], (value: string) => boolean> = {
  text: places.isText,
  int: (value) => /^\d$/.test(value),
  timestamptz: (value) =>
    TIME.test(value) && !Number.isNaN(Date.parse(`${value.slice(0, 10)}T${value.slice(11, 19)}Z`)),
};

/** @throws AppError `invalid-input` for what no page of this order ever gave */
export function placeOf(cursor: string, { sort, direction }: Order): Place {
  const [, , id = '', value = ''] = places.placeOf(
    cursor,
    (given) => given === sort,
    (given) => given === direction,
    isUuid,
    HOLDS[SORTS[sort].type],
  );
  return { value, id };
}
