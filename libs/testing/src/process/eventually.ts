import { setTimeout as pause } from 'node:timers/promises';

/** Asks again until the check passes (throws nothing, returns neither false nor undefined) or the deadline is over. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { within?: number; every?: number } = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + (options.within ?? 10_000);
  for (;;) {
    let failure: unknown = new Error('the check did not pass in time');
    try {
      const result = await check();
      if (result !== false && result !== undefined) return result as Exclude<T, false | undefined>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure;
    await pause(options.every ?? 25);
  }
}
