/** What is under way at the same time. Times are milliseconds, `performance.now`. */
export class UnderWay {
  /** In the order of their beginning. */
  readonly #begun = new Set<{ at: number }>();

  /**
   * @param countsMs for how long one counts: who takes longer waits for its peer, and peers that say nothing are not to
   * keep out the others
   */
  constructor(
    private readonly atOnce: number,
    private readonly countsMs: number,
  ) {}

  /** @returns what to call when it is over; says whether it counted until then */
  add(now: number): () => boolean {
    const one = { at: now };
    this.#begun.add(one);
    return () => this.#begun.delete(one);
  }

  /** Milliseconds until one more may begin without another one's end; 0: now. */
  wait(now: number): number {
    for (const one of this.#begun) {
      const left = one.at + this.countsMs - now;
      if (left > 0) return this.#begun.size < this.atOnce ? 0 : left;
      this.#begun.delete(one);
    }
    return 0;
  }
}
