/** Messages whose failures are remembered; beyond, the one whose first failure is the longest ago is forgotten. */
const MOST = 10_000;

/**
 * How often this process failed at a message. JetStream counts deliveries, also those that were given back unhandled
 * when a service stopped, so that its number says nothing about the event.
 */
export class Failures {
  private readonly counts = new Map<string, number>();

  constructor(private readonly most = MOST) {}

  /** @param identity of the message, the same for each delivery. @returns how often it failed, with this time */
  add(identity: string): number {
    const count = (this.counts.get(identity) ?? 0) + 1;
    this.counts.set(identity, count);
    if (this.counts.size > this.most) {
      const [oldest] = this.counts.keys();
      if (oldest !== undefined) this.counts.delete(oldest);
    }
    return count;
  }

  /** It was handled, or given up. */
  forget(identity: string): void {
    this.counts.delete(identity);
  }
}
