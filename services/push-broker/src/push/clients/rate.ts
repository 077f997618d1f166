/**
 * So much a second, as a token bucket that holds one second's worth. More than that at once is given when the bucket is
 * full, and owed.
 */
export class Rate {
  #left: number;
  #at: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = Date.now,
  ) {
    this.#left = perSecond;
    this.#at = now();
  }

  /** @returns 0 when there was so much, else the whole seconds until there is, and nothing is taken */
  take(amount: number): number {
    const now = this.now();
    this.#left = Math.min(this.perSecond, this.#left + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    const needed = Math.min(amount, this.perSecond);
    if (this.#left < needed) return Math.ceil((needed - this.#left) / this.perSecond);
    this.#left -= amount;
    return 0;
  }
}
