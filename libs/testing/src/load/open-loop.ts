import { setTimeout as pause } from 'node:timers/promises';

export interface OpenLoop<R> {
  /** Calls a second. */
  rate: number;
  seconds: number;
  /** Calls `0, 1, 2 …`; may not reject. */
  send: (number: number) => Promise<R>;
  /** Milliseconds from when the call was due to its end, and when it was due, in milliseconds from the beginning. */
  measured: (milliseconds: number, result: R, dueMs: number) => void;
  /** Ends it early. */
  stop?: AbortSignal;
}

/**
 * Calls at a fixed rate, whether or not earlier calls have come back. Latencies count from when a call was due, so that a
 * server that stalls cannot hide it by slowing its clients down ("coordinated omission").
 */
export async function openLoop<R>({ rate, seconds, send, measured, stop }: OpenLoop<R>): Promise<void> {
  const begin = performance.now();
  const outstanding = new Set<Promise<void>>();
  for (let sent = 0; !stop?.aborted;) {
    const elapsed = performance.now() - begin;
    if (elapsed >= seconds * 1000) break;
    for (const due = Math.floor((elapsed * rate) / 1000); sent < due; sent++) {
      const dueMs = (sent * 1000) / rate;
      const call = send(sent).then((result) => {
        measured(performance.now() - begin - dueMs, result, dueMs);
        outstanding.delete(call);
      });
      outstanding.add(call);
    }
    await pause(1);
  }
  await Promise.race([Promise.all(outstanding), pause(60_000)]);
}

/** The value below which a part of the sorted values lies; 0 for none. */
export const percentile = (sorted: ArrayLike<number>, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
