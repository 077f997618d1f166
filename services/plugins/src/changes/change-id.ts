import { randomBytes } from 'node:crypto';
import { UUID } from 'uuidv7';

/** UUIDv7 (RFC 9562) of a moment; ids of one moment are in the order of `place`, from 0. */
export function changeId(at: Date, place: number): string {
  const random = randomBytes(8);
  // rand_a and the top of rand_b count (up to 2^24 lines of one moment), the rest is random.
  const high = ((place & 0xfff) << 18) | (random.readUInt32BE(0) & 0x3ffff);
  return UUID.fromFieldsV7(at.getTime(), (place >> 12) & 0xfff, high, random.readUInt32BE(4)).toString();
}

/** Smallest UUID of a moment: a bound for queries. */
export const firstIdAt = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};

/** The moment that an id was made of. */
export const momentOf = (id: string): Date => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
