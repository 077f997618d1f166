import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Reads cached replies anew, each at most once in `interval` milliseconds however many messages ask for it: a thousand
 * devices that come online in the same second cost one request.
 */
export class Refresher {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly cache: Pick<QueryClient, 'invalidateQueries'>,
    private readonly interval = 1500,
  ) {}

  soon(queryKey: QueryKey): void {
    const name = JSON.stringify(queryKey);
    if (this.timers.has(name)) return;
    const timer = setTimeout(() => {
      this.timers.delete(name);
      void this.cache.invalidateQueries({ queryKey });
    }, this.interval);
    this.timers.set(name, timer);
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
