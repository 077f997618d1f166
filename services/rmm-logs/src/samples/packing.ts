import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Item } from './measured';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Longest text that a stored block may unpack to: far above any, and a bound for a damaged one. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Numbers, as differences where these are exact: `[0, first, …]`; else as they are: `[1, …]`. Null for "absent". */
export type Column = Array<number | null>;

export function packColumn(numbers: ReadonlyArray<number | null>): Column {
  const out: Column = [0];
  let last = 0;
  for (const number of numbers) {
    const step = number === null ? null : number - last;
    if (number !== null && !(Number.isSafeInteger(number) && Number.isSafeInteger(step))) return [1, ...numbers];
    out.push(step);
    last = number ?? last;
  }
  return out;
}

export function unpackColumn([form, ...stored]: Column): Array<number | null> {
  if (form === 1) return stored;
  let last = 0;
  return stored.map((step) => (step === null ? null : (last += step)));
}

/** As `unpackColumn`, where nothing is absent. */
export const unpackNumbers = (column: Column): number[] => unpackColumn(column).map((number) => number ?? 0);

/**
 * A list of named things per moment, by columns: every key once, then for each moment which keys it has, in their order,
 * and for each key its values one after the other.
 */
export interface PackedItems<K> {
  keys: K[];
  /** Per moment. */
  has: number[][];
  /** Per value of an item, per key. */
  values: Column[][];
}

export function packItems<K>(moments: ReadonlyArray<ReadonlyArray<Item<K>>>, valuesPerItem: number): PackedItems<K> {
  const places = new Map<string, number>();
  const keys: K[] = [];
  const values: number[][][] = Array.from({ length: valuesPerItem }, () => []);
  const has = moments.map((items) =>
    items.map(([key, ...numbers]) => {
      const name = typeof key === 'string' ? key : JSON.stringify(key);
      let place = places.get(name);
      if (place === undefined) {
        place = keys.push(key) - 1;
        places.set(name, place);
        for (const ofValue of values) ofValue.push([]);
      }
      for (const [index, ofValue] of values.entries()) ofValue[place]?.push(numbers[index] ?? 0);
      return place;
    }),
  );
  return { keys, has, values: values.map((ofValue) => ofValue.map((numbers) => packColumn(numbers))) };
}

export function unpackItems<K>({ keys, has, values }: PackedItems<K>): Array<Array<Item<K>>> {
  const columns = values.map((ofValue) => ofValue.map((column) => unpackNumbers(column)));
  const next = keys.map(() => 0);
  return has.map((places) =>
    places.map((place) => {
      const turn = next[place] ?? 0;
      next[place] = turn + 1;
      const numbers = columns.map((ofValue) => ofValue[place]?.[turn] ?? 0);
      return [keys[place] as K, ...numbers];
    }),
  );
}

/** JSON, deflated (RFC 1951) outside of the main thread. */
export const compress = (content: unknown): Promise<Buffer> => deflate(JSON.stringify(content), { level: 6 });

export async function decompress<T>(block: Buffer): Promise<T> {
  return JSON.parse((await inflate(block, { maxOutputLength: MOST_BYTES })).toString()) as T;
}
