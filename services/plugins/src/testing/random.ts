/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of them. */
export function pick<T>(next: () => number, from: readonly T[]): T {
  const one = from[Math.floor(next() * from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

/** Up to so many of the pieces, put together. */
export const garbage = (next: () => number, pieces: readonly string[], most: number): string =>
  Array.from({ length: Math.floor(next() * (most + 1)) }, () => pick(next, pieces)).join('');
