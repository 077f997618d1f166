/** Waiting times after failures: exponential with full jitter, so that a fleet does not come back in step. */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly baseMs: number,
    private readonly capMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait after one more failure; never less than the server asked for. */
  next(retryAfterSeconds = 0): number {
    const ceiling = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.failures++, 20));
    const asked = retryAfterSeconds * 1000;
    return asked > 0 ? asked * (1 + this.random() * 0.25) : this.baseMs / 2 + this.random() * ceiling;
  }

  reset(): void {
    this.failures = 0;
  }
}
