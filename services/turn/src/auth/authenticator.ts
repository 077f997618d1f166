import { readTurnUsername, turnPassword } from '@muster/contracts';
import type { Endpoint } from '../stun/address';
import { ATTRIBUTE } from '../stun/constants';
import { algorithmOf, type IntegrityKey, isIntact, longTermKey } from '../stun/integrity';
import type { MessageReader } from '../stun/message-reader';
import { Nonces } from './nonces';

export interface AuthenticatorOptions {
  realm: string;
  /** Shared secrets, any of which may have made the credentials: two while one replaces the other. */
  secrets: readonly string[];
  /** Seconds. */
  nonceLifetime: number;
}

/** Who sent a request. */
export interface User {
  /** The whole time-limited user name, which an allocation belongs to. */
  username: string;
  /** Whom the credentials were made for; quotas count by it. */
  name: string;
  key: IntegrityKey;
}

/** A refused request. 401 and 438 carry realm and nonce. */
export type Refusal = 400 | 401 | 438;

/** RFC 8489, section 14.3. */
const LONGEST_USERNAME = 508;

/** Long-term credentials (RFC 8489, section 9.2) whose user names say when they end, as coturn's `use-auth-secret` has them. */
export class Authenticator {
  readonly #nonces: Nonces;

  constructor(private readonly options: AuthenticatorOptions) {
    this.#nonces = new Nonces(options.nonceLifetime);
  }

  get realm(): string {
    return this.options.realm;
  }

  nonce(client: Endpoint, now: number): string {
    return this.#nonces.issue(client, now);
  }

  /**
   * @param owner user name of the allocation that the client has already: what began in time may go on, so that the end of
   *   the credentials cuts nobody off
   */
  check(message: MessageReader, client: Endpoint, now: number, owner?: string): User | Refusal {
    if (!message.integrity && !message.integritySha256) return 401;
    const username = message.value(ATTRIBUTE.username)?.toString();
    const nonce = message.value(ATTRIBUTE.nonce)?.toString('latin1');
    if (username === undefined || nonce === undefined || !message.has(ATTRIBUTE.realm)) return 400;
    if (!this.#nonces.isFresh(nonce, client, now)) return 438;
    if (Buffer.byteLength(username) > LONGEST_USERNAME) return 401;
    const known = readTurnUsername(username);
    if (!known || (known.expiry * 1000 <= now && username !== owner)) return 401;
    for (const secret of this.options.secrets) {
      const key = longTermKey(username, this.options.realm, turnPassword(secret, username));
      if (isIntact(message, key)) return { username, name: known.name, key: { key, algorithm: algorithmOf(message) } };
    }
    return 401;
  }
}
