import { setTimeout as sleep } from 'node:timers/promises';

/** How long a pause is at least: shorter ones are saved up. */
const SHORTEST_MS = 5;

/**
 * Lets through so many bytes a second, in the order in which they came. A quiet time saves nothing up: the next bytes go
 * at once and the ones after them at the pace.
 */
export class Pace {
  /** When the bytes that were let through so far have had their time, in milliseconds of `now`. */
  private busyUntil = 0;

  /** @param bytesPerSecond 0 lets everything through */
  constructor(
    private readonly bytesPerSecond: number,
    private readonly now: () => number = () => performance.now(),
    private readonly pause: (ms: number, signal?: AbortSignal) => Promise<unknown> = (ms, signal) =>
      sleep(ms, undefined, { signal }),
  ) {}

  /** Fulfilled when these bytes may go. Rejects when the signal ends the wait. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.bytesPerSecond === 0) return;
    const now = this.now();
    const start = Math.max(now, this.busyUntil);
    this.busyUntil = start + (bytes / this.bytesPerSecond) * 1000;
    if (start - now >= SHORTEST_MS) await this.pause(start - now, signal);
  }
}

/** The same bytes, no faster than each of the paces. Ends with its source; an abort ends the wait for a turn. */
export async function* paced(
  source: AsyncIterable<Buffer>,
  paces: readonly Pace[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const bytes of source) {
    for (const pace of paces) await pace.take(bytes.length, signal);
    yield bytes;
  }
}
