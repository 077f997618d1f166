import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SCRAM_HASHES, type ScramHash, type ScramVerifier, type Soon, soon, type StoredSecret } from '../core/accounts';
import { DIGESTS, scramVerifier } from './scram-verifier';

/** HMAC-SHA-256 of a secret under a salt of its own. */
export interface SecretHmac {
  salt: Buffer;
  hmac: Buffer;
}

export const hmacOf = (salt: Buffer, secret: string): Buffer => createHmac('sha256', salt).update(secret).digest();

/**
 * A password as SCRAM has it (RFC 4013): clients prepare it with SASLprep, which unlike OpaqueString makes compatible
 * characters one. What OpaqueString refuses has been refused already.
 */
const saslPrepared = (secret: string): string => secret.replace(/[\u{200c}\u{200d}]/gu, '').normalize('NFKC');

/** What is kept when verifiers were given instead of the secret. */
export class VerifiedSecret implements StoredSecret {
  constructor(
    readonly verifiers: Partial<Record<ScramHash, ScramVerifier>>,
    readonly hmac?: SecretHmac,
  ) {}

  scram(hash: ScramHash): Promise<ScramVerifier | undefined> {
    return Promise.resolve(this.verifiers[hash]);
  }

  matches(secret: string): Soon<boolean> {
    return this.hmac ? timingSafeEqual(hmacOf(this.hmac.salt, secret), this.hmac.hmac) : this.#matchesVerifier(secret);
  }

  async #matchesVerifier(secret: string): Promise<boolean> {
    const hash = SCRAM_HASHES.find((name) => this.verifiers[name]);
    const known = hash && this.verifiers[hash];
    if (!known) return false;
    const { storedKey } = await scramVerifier(hash, saslPrepared(secret), known.salt, known.iterations);
    return timingSafeEqual(storedKey, known.storedKey);
  }
}

/** A secret that is known as such. Verifiers are derived when they are first asked for, and kept. */
export class KnownSecret implements StoredSecret {
  readonly #hmac: SecretHmac;
  readonly #verifiers: Partial<Record<ScramHash, Promise<ScramVerifier>>> = {};

  /** @param saltFor the salt of a hash; the same for the same account as long as `Salts` has the same key */
  constructor(
    private readonly secret: string,
    private readonly iterations: number,
    private readonly saltFor: (hash: ScramHash) => Buffer,
  ) {
    const salt = randomBytes(16);
    this.#hmac = { salt, hmac: hmacOf(salt, secret) };
  }

  scram(hash: ScramHash): Promise<ScramVerifier> {
    return (this.#verifiers[hash] ??= scramVerifier(
      hash,
      saslPrepared(this.secret),
      this.saltFor(hash),
      this.iterations,
    ));
  }

  matches(secret: string): boolean {
    return timingSafeEqual(hmacOf(this.#hmac.salt, secret), this.#hmac.hmac);
  }
}

/** The salt of known secrets, and all of decoys, made from one key and the name. */
export class Salts {
  constructor(private readonly key: Buffer) {}

  bytes(username: string, purpose: string, length = 16): Buffer {
    return createHmac('sha512', this.key).update(`${purpose}\0${username}`).digest().subarray(0, length);
  }

  /** A number below `bound`, the same for the same name. */
  pick(username: string, bound: number): number {
    return this.bytes(username, 'pick').readUIntBE(0, 6) % bound;
  }
}

export const ITERATIONS = 10_000;

/** A secret that nobody has, in the form of `model`, for a name that may not exist. Costs what that one costs. */
export class DecoySecret implements StoredSecret {
  readonly #like: VerifiedSecret | undefined;
  readonly #verifiers: Partial<Record<ScramHash, ScramVerifier>> = {};

  constructor(
    private readonly salts: Salts,
    private readonly username: string,
    model: StoredSecret | undefined,
  ) {
    this.#like = model instanceof VerifiedSecret ? model : undefined;
  }

  scram(hash: ScramHash): Promise<ScramVerifier | undefined> {
    const like = this.#like ? this.#like.verifiers[hash] : { salt: USUAL_SALT, iterations: ITERATIONS };
    return Promise.resolve(like && (this.#verifiers[hash] ??= this.#verifier(hash, like)));
  }

  matches(secret: string): Soon<boolean> {
    return soon((this.#like ?? USUAL).matches(secret), () => false);
  }

  #verifier(hash: ScramHash, { salt, iterations }: Pick<ScramVerifier, 'salt' | 'iterations'>): ScramVerifier {
    const made = (purpose: string, length: number): Buffer => this.salts.bytes(this.username, purpose, length);
    const { bytes } = DIGESTS[hash];
    const keys = { storedKey: made(`${hash} stored`, bytes), serverKey: made(`${hash} server`, bytes) };
    return { salt: made(hash, salt.length), iterations, ...keys };
  }
}

const USUAL_SALT = randomBytes(16);
const USUAL = new VerifiedSecret({}, { salt: USUAL_SALT, hmac: randomBytes(32) });
