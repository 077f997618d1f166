import { setFlagsFromString } from 'node:v8';

/** By how much V8's young generation grows each time that much of it survives. */
export const NURSERY_FLAG = '--semi-space-growth-factor=1';

/**
 * Keeps V8's young generation at its first size (a megabyte), where it would grow to sixteen. Nearly all that a datagram makes
 * is dead with the next one: collecting often finds nothing to copy, what is touched stays in the processor's cache, and the
 * buffers of datagrams, which lie outside the heap, do not pile up until a large nursery is full. Call it before anything else.
 */
export function keepNurserySmall(): void {
  setFlagsFromString(NURSERY_FLAG);
}
