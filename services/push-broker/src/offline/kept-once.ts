/** Names that are remembered; a request that is repeated after a crash was one of the last. */
const REMEMBERED = 10_000;

/** Names of messages that were kept and must not be kept again, also when they have left the store since. */
export class KeptOnce {
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.add(name);
    if (this.#names.size <= REMEMBERED) return;
    const [oldest] = this.#names;
    if (oldest !== undefined) this.#names.delete(oldest);
  }
}
