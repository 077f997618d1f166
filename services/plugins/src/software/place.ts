import { AppError } from '@muster/contracts';

/** What a part of a place may be, by the type that PostgreSQL compares it as. */
const HOLDS = {
  text: (part: string) => !part.includes('\0'),
  int8: (part: string) => /^-?\d{1,18}$/.test(part),
  /** Seconds since 1970, as PostgreSQL's `extract` writes them. */
  numeric: (part: string) => /^-?\d{1,12}(\.\d{1,6})?$/.test(part),
  uuid: (part: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(part),
};

export interface OrderColumn {
  column: string;
  type: keyof typeof HOLDS;
  direction: 'ASC' | 'DESC';
}
/** How a list is sorted. The columns together name one row, so that pages never overlap. */
export interface Order {
  /** Tells it from the list's other orders. */
  name: string;
  columns: readonly OrderColumn[];
}

export const directionOf = ({ direction }: { direction?: 'ascending' | 'descending' }): 'ASC' | 'DESC' =>
  direction === 'descending' ? 'DESC' : 'ASC';

/** What `ORDER BY` takes. */
export const orderSql = ({ columns }: Order): string =>
  columns.map(({ column, direction }) => `${column} ${direction}`).join(', ');

/** A row's own place, as an expression to select. */
export const placeSql = ({ columns }: Order): string =>
  `ARRAY[${columns.map(({ column }) => `(${column})::text`).join(', ')}]`;

/** The condition for the rows behind a place. */
export function behindSql({ columns }: Order, place: readonly string[], bind: (value: unknown) => string): string {
  return behind(
    columns,
    columns.map(({ type }, index) => `${bind(place[index])}::${type}`),
  );
}

/**
 * The columns in front that go in one direction are compared as a row, which an index answers; those that go the other
 * way tell apart what is alike in these.
 */
function behind(columns: readonly OrderColumn[], values: readonly string[]): string {
  const direction = columns[0]?.direction;
  const turn = columns.findIndex((column) => column.direction !== direction);
  const end = turn < 0 ? columns.length : turn;
  const row = `(${columns
    .slice(0, end)
    .map(({ column }) => column)
    .join(', ')})`;
  const at = `(${values.slice(0, end).join(', ')})`;
  const further = direction === 'DESC' ? '<' : '>';
  if (turn < 0) return `${row} ${further} ${at}`;
  const rest = behind(columns.slice(end), values.slice(end));
  return `(${row} ${further}= ${at} AND (${row} ${further} ${at} OR ${rest}))`;
}

/** A place as text, for the caller to bring back. */
export const cursorOf = ({ name }: Order, place: readonly string[]): string =>
  Buffer.from(JSON.stringify([name, ...place])).toString('base64url');

/** @throws AppError `invalid-input` for what no page in this order gave */
export function placeOf({ name, columns }: Order, cursor: string): string[] {
  const [given, ...place] = partsOf(cursor);
  const holds = columns.every(({ type }, index) => HOLDS[type](place[index] ?? '\0'));
  if (given === name && place.length === columns.length && holds) return place;
  throw new AppError('invalid-input', 'Go on with the `next` that a page gave, in the same order.', {
    faults: [{ field: 'after', problem: 'is not the next of a page in this order' }],
  });
}

/** The place behind the last row of a full page; none where nothing can follow. */
export function nextOf(order: Order, rows: ReadonlyArray<{ place: string[] }>, size: number): { next?: string } {
  const last = rows.at(-1);
  return last && rows.length >= size ? { next: cursorOf(order, last.place) } : {};
}

function partsOf(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}

export interface Paged {
  after?: string;
  page?: number;
  size?: number;
}
const DEFAULT_SIZE = 50;

/** `LIMIT` and `OFFSET` of a page: behind a place, or by number. Exports ask for larger pages than people may. */
export function windowOf({ after, page = 1, size = DEFAULT_SIZE }: Paged): { limit: number; offset: number } {
  return { limit: size, offset: after === undefined ? (page - 1) * size : 0 };
}
