import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

const LIFETIME_MS = 5 * 60_000;
const TAG_BYTES = 16;

/**
 * Challenges for certificate renewal that need no storage and hold for every instance: `<time>.<nonce>.<tag>`, the tag
 * being an HMAC under a key derived (RFC 5869) from what the instances share. The time is the server's, so a device with
 * a wrong clock can answer one. A challenge may be answered more than once: the answer only ever renews the same key.
 */
export class RenewalChallenges {
  private readonly key: Buffer;

  constructor(sharedSecret: string) {
    this.key = Buffer.from(hkdfSync('sha256', sharedSecret, '', 'muster renewal challenge', 32));
  }

  issue(now = Date.now()): string {
    const body = `${now.toString(36)}.${randomBytes(16).toString('base64url')}`;
    return `${body}.${this.tag(body).toString('base64url')}`;
  }

  /** Whether this is a challenge of ours and at most five minutes old. */
  accepts(challenge: string, now = Date.now()): boolean {
    const [time = '', nonce = '', tag = '', ...more] = challenge.split('.');
    if (more.length > 0) return false;
    const given = Buffer.from(tag, 'base64url');
    const issued = parseInt(time, 36);
    return (
      given.length === TAG_BYTES &&
      timingSafeEqual(given, this.tag(`${time}.${nonce}`)) &&
      issued <= now &&
      now - issued <= LIFETIME_MS
    );
  }

  private tag(body: string): Buffer {
    return createHmac('sha256', this.key).update(body).digest().subarray(0, TAG_BYTES);
  }
}
