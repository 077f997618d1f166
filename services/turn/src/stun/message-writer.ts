import { crc32 } from 'node:zlib';
import { type Endpoint, writeXorAddress } from './address';
import {
  ATTRIBUTE,
  type ErrorCode,
  HEADER_BYTES,
  MAGIC_COOKIE,
  MESSAGE_CLASS,
  type MessageClass,
  REASONS,
} from './constants';
import { type IntegrityKey, integrityOf, macBytes } from './integrity';

const FINGERPRINT_MASK = 0x5354554e;
/** Enough for every answer: the longest has realm (763 bytes), nonce, an error and unknown attributes. */
const LONGEST = 1280;

/** The type field of a message: method and class interleaved (RFC 8489, section 5). */
export const messageType = (method: number, messageClass: MessageClass): number =>
  (method & 0x000f) |
  ((method & 0x0070) << 1) |
  ((method & 0x0f80) << 2) |
  ((messageClass & 1) << 4) |
  ((messageClass & 2) << 7);

/** Composes one answer. Attributes come in the order of the calls; integrity and fingerprint are added by `finish`. */
export class MessageWriter {
  readonly #bytes = Buffer.alloc(LONGEST);
  #end = HEADER_BYTES;

  constructor(method: number, messageClass: MessageClass, transactionId: Uint8Array) {
    this.#bytes.writeUInt16BE(messageType(method, messageClass), 0);
    this.#bytes.writeUInt32BE(MAGIC_COOKIE, 4);
    this.#bytes.set(transactionId, 8);
  }

  static error(method: number, transactionId: Uint8Array, code: ErrorCode): MessageWriter {
    const value = Buffer.from(`\0\0\0\0${REASONS[code]}`);
    value[2] = Math.floor(code / 100);
    value[3] = code % 100;
    return new MessageWriter(method, MESSAGE_CLASS.error, transactionId).attribute(ATTRIBUTE.errorCode, value);
  }

  attribute(type: number, value: Uint8Array): this {
    this.#bytes.set(value, this.#begin(type, value.length));
    this.#end += 4 + ((value.length + 3) & ~3);
    return this;
  }

  text(type: number, value: string): this {
    return this.attribute(type, Buffer.from(value));
  }

  number(type: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return this.attribute(type, bytes);
  }

  address(type: number, endpoint: Endpoint): this {
    const length = writeXorAddress(this.#bytes, this.#end + 4, endpoint);
    this.#begin(type, length);
    this.#end += 4 + length;
    return this;
  }

  /** The whole message. With a key it is protected, with `fingerprint` it ends in a checksum. */
  finish(options: { key?: IntegrityKey; fingerprint?: boolean } = {}): Buffer {
    const { key } = options;
    if (key) {
      const type = key.algorithm === 'sha256' ? ATTRIBUTE.messageIntegritySha256 : ATTRIBUTE.messageIntegrity;
      this.#setLength(this.#end + 4 + macBytes(key.algorithm));
      this.attribute(type, integrityOf(key, this.#bytes.subarray(0, this.#end)));
    }
    if (options.fingerprint) {
      this.#setLength(this.#end + 8);
      this.number(ATTRIBUTE.fingerprint, (crc32(this.#bytes.subarray(0, this.#end)) ^ FINGERPRINT_MASK) >>> 0);
    }
    this.#setLength(this.#end);
    return this.#bytes.subarray(0, this.#end);
  }

  #begin(type: number, length: number): number {
    this.#bytes.writeUInt16BE(type, this.#end);
    this.#bytes.writeUInt16BE(length, this.#end + 2);
    return this.#end + 4;
  }

  #setLength(end: number): void {
    this.#bytes.writeUInt16BE(end - HEADER_BYTES, 2);
  }
}
