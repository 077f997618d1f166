import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Endpoint } from '../stun/address';

const MAC_BYTES = 12;

/**
 * Nonces that need no memory: the time and a MAC over it and the client's address under a key of this process. Whoever sends
 * packets without credentials costs one HMAC and one answer, nothing that stays.
 */
export class Nonces {
  readonly #key = randomBytes(32);

  /** @param lifetime seconds */
  constructor(private readonly lifetime: number) {}

  issue(client: Endpoint, now: number): string {
    const seconds = Math.floor(now / 1000).toString(16);
    return `${seconds}-${this.#mac(seconds, client).toString('base64url')}`;
  }

  isFresh(nonce: string, client: Endpoint, now: number): boolean {
    const [, seconds, mac] = /^([\da-f]{1,11})-([\w-]{16})$/.exec(nonce) ?? [];
    if (!seconds || !mac) return false;
    const age = Math.floor(now / 1000) - Number.parseInt(seconds, 16);
    if (age < 0 || age > this.lifetime) return false;
    return timingSafeEqual(Buffer.from(mac, 'base64url'), this.#mac(seconds, client));
  }

  #mac(seconds: string, { address, port }: Endpoint): Buffer {
    return createHmac('sha256', this.#key).update(`${seconds} ${address} ${port}`).digest().subarray(0, MAC_BYTES);
  }
}
