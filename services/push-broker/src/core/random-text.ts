import { randomFillSync } from 'node:crypto';

/** Asking the generator costs the same for a few bytes as for many. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes fit for secrets, as base64url. @param bytes at most 4096 */
export function randomText(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('base64url', used, used + bytes);
  // What was given out must not be found here later.
  pool.fill(0, used, used + bytes);
  used += bytes;
  return text;
}
