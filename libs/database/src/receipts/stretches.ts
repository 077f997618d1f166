/** Whole numbers from a first to a last, both included. */
export type Stretch = readonly [first: number, last: number];

/** The stretches that numbers make up, in order; a number that is given twice counts once. */
export function stretchesOf(numbers: Iterable<number>): Stretch[] {
  const stretches: Array<[number, number]> = [];
  for (const number of [...numbers].toSorted((left, right) => left - right)) {
    const last = stretches.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else stretches.push([number, number]);
  }
  return stretches;
}

/** As PostgreSQL reads an `int8multirange`. */
export const multirangeOf = (stretches: readonly Stretch[]): string =>
  `{${stretches.map(([first, last]) => `[${first},${last}]`).join(',')}}`;

/** The stretches of an `int8multirange` as PostgreSQL writes it: `{[1,4),[7,8)}`, ends excluded. */
export const readMultirange = (text: string): Stretch[] =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => [Number(first), Number(end) - 1]);

/** Whether one of these stretches, in order, has the number. */
export function within(stretches: readonly Stretch[], number: number): boolean {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle]?.[1] ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  const found = stretches[low];
  return found !== undefined && found[0] <= number;
}
