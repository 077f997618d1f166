export type Random = (below: number) => number;

/** mulberry32: small, fast, and the same everywhere. */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export const pickFrom =
  (random: Random) =>
  <T>(items: readonly T[]): T =>
    items[random(items.length)] as T;

/** Flips, drops, doubles or inserts a few bytes. */
export function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const length = random(8);
  switch (random(4)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = random(256);
      return copy;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length))]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256), random(256)]), bytes.subarray(at)]);
  }
}
