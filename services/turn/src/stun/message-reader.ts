import { crc32 } from 'node:zlib';
import { type Endpoint, readXorAddress } from './address';
import { ATTRIBUTE, HEADER_BYTES, MAGIC_COOKIE, type MessageClass, UNDERSTOOD } from './constants';

interface Attribute {
  type: number;
  /** Offset of the value in the message. */
  at: number;
  length: number;
}

const FINGERPRINT_MASK = 0x5354554e;

/** More attributes than any known message has; longer lists are not read. */
const MOST_ATTRIBUTES = 64;

/** Whether a datagram is shaped like a STUN message (RFC 8489, section 5). */
export const looksLikeStun = (datagram: Buffer): boolean =>
  datagram.length >= HEADER_BYTES &&
  (datagram[0] ?? 255) < 0x40 &&
  datagram.readUInt32BE(4) === MAGIC_COOKIE &&
  (datagram.length & 3) === 0 &&
  datagram.readUInt16BE(2) === datagram.length - HEADER_BYTES;

/** A received STUN message (RFC 8489, section 14). Attributes stay where they are; of several of one type the first counts. */
export class MessageReader {
  readonly method: number;
  readonly messageClass: MessageClass;
  /** Types below 0x8000 that this server does not know. */
  readonly unknown: readonly number[];
  readonly integrity?: Attribute;
  readonly integritySha256?: Attribute;
  readonly fingerprint: boolean;
  readonly #attributes: readonly Attribute[];

  private constructor(
    readonly bytes: Buffer,
    attributes: readonly Attribute[],
  ) {
    const type = bytes.readUInt16BE(0);
    this.method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);
    this.messageClass = (((type & 0x0100) >> 7) | ((type & 0x0010) >> 4)) as MessageClass;
    const end = attributes.findIndex(
      ({ type: found }) => found === ATTRIBUTE.messageIntegrity || found === ATTRIBUTE.messageIntegritySha256,
    );
    // What follows the integrity is not protected by it and does not count (RFC 8489, sections 14.5 and 14.6).
    this.#attributes = end < 0 ? attributes : attributes.slice(0, end);
    const tail = end < 0 ? [] : attributes.slice(end);
    this.integrity = tail.find((found) => found.type === ATTRIBUTE.messageIntegrity);
    this.integritySha256 = tail.find((found) => found.type === ATTRIBUTE.messageIntegritySha256);
    this.fingerprint = attributes.at(-1)?.type === ATTRIBUTE.fingerprint;
    this.unknown = [...new Set(this.#attributes.map((found) => found.type))].filter(
      (found) => found < 0x8000 && !UNDERSTOOD.has(found),
    );
  }

  /** None when the bytes are no whole STUN message or carry a wrong fingerprint. */
  static read(bytes: Buffer): MessageReader | undefined {
    if (!looksLikeStun(bytes)) return undefined;
    const attributes: Attribute[] = [];
    for (let at = HEADER_BYTES; at < bytes.length;) {
      if (at + 4 > bytes.length || attributes.length === MOST_ATTRIBUTES) return undefined;
      const length = bytes.readUInt16BE(at + 2);
      if (at + 4 + length > bytes.length) return undefined;
      attributes.push({ type: bytes.readUInt16BE(at), at: at + 4, length });
      at += 4 + ((length + 3) & ~3);
    }
    const last = attributes.at(-1);
    if (last?.type === ATTRIBUTE.fingerprint) {
      if (last.length !== 4) return undefined;
      const expected = (crc32(bytes.subarray(0, last.at - 4)) ^ FINGERPRINT_MASK) >>> 0;
      if (bytes.readUInt32BE(last.at) !== expected) return undefined;
    }
    return new MessageReader(bytes, attributes);
  }

  get transactionId(): Buffer {
    return this.bytes.subarray(8, HEADER_BYTES);
  }

  has(type: number): boolean {
    return this.#attributes.some((found) => found.type === type);
  }

  /** The value of an attribute, a view of the message. */
  value(type: number): Buffer | undefined {
    const found = this.#attributes.find((attribute) => attribute.type === type);
    return found && this.bytes.subarray(found.at, found.at + found.length);
  }

  /** All XOR-PEER-ADDRESS attributes; one that cannot be read is undefined. */
  peers(): Array<Endpoint | undefined> {
    return this.#attributes
      .filter((found) => found.type === ATTRIBUTE.xorPeerAddress)
      .map(({ at, length }) => (length < 8 ? undefined : readXorAddress(this.bytes, at, length)));
  }
}
