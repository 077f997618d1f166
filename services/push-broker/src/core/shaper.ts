/** A token bucket: lets bursts through and slows what goes on for longer down to the rate. */
export class Shaper {
  #tokens: number;
  #filledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Accounts for `amount` at time `now` (ms). @returns milliseconds to wait before taking more; 0 while within the rate */
  take(amount: number, now: number): number {
    const filled = this.#tokens + ((now - this.#filledAt) / 1000) * this.perSecond;
    this.#tokens = Math.min(this.burst, filled) - amount;
    this.#filledAt = now;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.perSecond) * 1000);
  }
}
