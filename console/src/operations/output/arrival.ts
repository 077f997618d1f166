/** Whether an ended operation's output is here: all of it, not yet, or not after a long wait. */
export type Arrival = 'complete' | 'arriving' | 'late';

/** Milliseconds between looks for output that is still on its way: soon at first, ten minutes in all. */
export const LOOKS: readonly number[] = [1, 1, 2, 3, 5, 8, 10, 15, 15, ...Array<number>(18).fill(30)].map(
  (seconds) => seconds * 1000,
);

interface Held {
  loaded: boolean;
  truncated: boolean;
  buffer: { next: number };
}

/** Pieces that the device says it printed and that are not here, nor dropped by the server. */
export function isIncomplete(held: Held, expected: number | undefined): boolean {
  return held.loaded && !held.truncated && expected !== undefined && held.buffer.next < expected;
}
