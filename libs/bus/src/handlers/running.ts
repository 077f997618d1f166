/** Work that a shutdown waits for. */
export class Running {
  private readonly work = new Set<Promise<void>>();

  /** @param promise never rejects */
  add(promise: Promise<void>): void {
    this.work.add(promise);
    void promise.finally(() => this.work.delete(promise));
  }

  async ended(): Promise<void> {
    while (this.work.size > 0) await Promise.allSettled(this.work);
  }
}
