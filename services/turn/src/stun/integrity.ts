import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { HEADER_BYTES } from './constants';
import type { MessageReader } from './message-reader';

export type Algorithm = 'sha1' | 'sha256';

/** The key of long-term credentials and the algorithm that a client chose with its first protected message. */
export interface IntegrityKey {
  key: Buffer;
  algorithm: Algorithm;
}

/** RFC 8489, section 9.2.2, with the default algorithm MD5. */
export const longTermKey = (username: string, realm: string, password: string): Buffer =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest();

export const macBytes = (algorithm: Algorithm): number => (algorithm === 'sha256' ? 32 : 20);

/** MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 of a message that ends before it and whose length counts it already. */
export const integrityOf = ({ key, algorithm }: IntegrityKey, message: Uint8Array): Buffer =>
  createHmac(algorithm, key).update(message).digest();

/** Whether the integrity attribute that counts fits the key; SHA-256 wins where both are there. */
export function isIntact(message: MessageReader, key: Buffer): boolean {
  const algorithm = algorithmOf(message);
  const attribute = algorithm === 'sha256' ? message.integritySha256 : message.integrity;
  if (!attribute) return false;
  const whole = macBytes(algorithm);
  // RFC 8489, section 14.6: SHA-256 may be cut to 16 bytes or more, a multiple of four.
  const fits =
    algorithm === 'sha256'
      ? attribute.length >= 16 && attribute.length <= whole && attribute.length % 4 === 0
      : attribute.length === whole;
  if (!fits) return false;
  const header = Buffer.from(message.bytes.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(attribute.at + attribute.length - HEADER_BYTES, 2);
  const expected = createHmac(algorithm, key)
    .update(header)
    .update(message.bytes.subarray(HEADER_BYTES, attribute.at - 4))
    .digest()
    .subarray(0, attribute.length);
  return timingSafeEqual(expected, message.bytes.subarray(attribute.at, attribute.at + attribute.length));
}

export const algorithmOf = (message: MessageReader): Algorithm => (message.integritySha256 ? 'sha256' : 'sha1');
