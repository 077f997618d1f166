import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '@muster/contracts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * Keeps secrets that must be read again, which a hash does not allow: AES-256-GCM under a key of this service. What is
 * sealed opens only for the purpose that it was sealed for, so that nobody who can write to the database makes one
 * secret out of another. Layout: version, nonce, tag, text.
 */
export class Sealer {
  private readonly key?: Buffer;

  /** @param secret what the key is derived from (HKDF, RFC 5869), at least 256 bits of chance; absent: nothing is sealed */
  constructor(secret?: string) {
    if (secret) this.key = Buffer.from(hkdfSync('sha256', secret, '', 'muster-sealed.v1', 32));
  }

  /** @throws AppError `unavailable` without a key */
  seal(purpose: string, text: string): Buffer {
    if (!this.key) {
      throw new AppError(
        'unavailable',
        'This server has no key to keep secrets with: set SECRETS_KEY, or make CA_DIR writable.',
      );
    }
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(purpose, 'utf8'));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
  }

  /** @returns undefined where it was sealed with another key, for another purpose, or changed since */
  open(purpose: string, sealed: Buffer): string | undefined {
    if (!this.key || sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(purpose, 'utf8'))
      .setAuthTag(tag);
    try {
      const text = [decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()];
      return Buffer.concat(text).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
