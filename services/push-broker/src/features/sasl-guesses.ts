import { sourceOf } from '../core/tls/address-counter';

export interface GuessLimits {
  /** Failed attempts with a secret, from one IPv4 address or IPv6 /64, and for one account from wherever. */
  perAddress: number;
  perAccount: number;
  /** Seconds over which they are counted. */
  windowSeconds: number;
}

/** Addresses and names that are remembered; the longest known ones go first. */
const REMEMBERED = 20_000;

/**
 * Bounds how fast secrets can be guessed. Names that do not exist are counted as those that do, so that the limit tells
 * nothing. Certificates are not counted: there is nothing to guess.
 */
export class Guesses {
  readonly #byAddress: FailureCounter;
  readonly #byAccount: FailureCounter;

  constructor({ perAddress, perAccount, windowSeconds }: GuessLimits) {
    this.#byAddress = new FailureCounter(perAddress, windowSeconds * 1000);
    this.#byAccount = new FailureCounter(perAccount, windowSeconds * 1000);
  }

  /** Whether another attempt may be checked. */
  allows(address: string, username: string): boolean {
    return !this.#byAddress.isFull(sourceOf(address)) && !this.#byAccount.isFull(username);
  }

  failed(address: string, username: string): void {
    this.#byAddress.add(sourceOf(address));
    this.#byAccount.add(username);
  }
}

class FailureCounter {
  readonly #counts = new Map<string, { count: number; until: number }>();

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  isFull(key: string): boolean {
    const entry = this.#counts.get(key);
    return entry !== undefined && entry.until > Date.now() && entry.count >= this.limit;
  }

  add(key: string): void {
    const now = Date.now();
    const entry = this.#counts.get(key);
    if (entry && entry.until > now) {
      entry.count++;
      return;
    }
    this.#counts.delete(key);
    this.#counts.set(key, { count: 1, until: now + this.windowMs });
    if (this.#counts.size <= REMEMBERED) return;
    for (const oldest of this.#counts.keys()) return void this.#counts.delete(oldest);
  }
}
