import { readFileSync } from 'node:fs';

/** A file whose content is used as `read` understands it, anew when it has changed. */
export class WatchedFile<T> {
  #text: string;
  #value: T;

  /** @throws when it cannot be read or used */
  constructor(
    private readonly path: string,
    private readonly read: (text: string, before: T | undefined) => T,
  ) {
    this.#text = readFileSync(path, 'utf8');
    this.#value = this.#understood(this.#text);
  }

  get value(): T {
    return this.#value;
  }

  /**
   * @returns whether the file had changed and its new content is in use
   * @throws when that cannot be used; the former one stays in use
   */
  reload(): boolean {
    const text = readFileSync(this.path, 'utf8');
    if (text === this.#text) return false;
    this.#value = this.#understood(text, this.#value);
    this.#text = text;
    return true;
  }

  #understood(text: string, before?: T): T {
    try {
      return this.read(text, before);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.path}: ${problem}`, { cause: error });
    }
  }
}
