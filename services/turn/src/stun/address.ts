import { isIPv4 } from 'node:net';
import { MAGIC_COOKIE } from './constants';

export type Family = 4 | 6;

/** A transport address. `address` is in the form that Node.js gives for received datagrams, so that equal ones are equal strings. */
export interface Endpoint {
  address: string;
  port: number;
  family: Family;
}

export const familyOf = (address: string): Family => (isIPv4(address) ? 4 : 6);

const COOKIE_PORT = MAGIC_COOKIE >>> 16;
const IPV4_BYTES = 8;
const IPV6_BYTES = 20;

export const xorAddressBytes = (family: Family): number => (family === 4 ? IPV4_BYTES : IPV6_BYTES);

/**
 * Reads the value of an XOR-…-ADDRESS attribute (RFC 8489, section 14.2).
 * @param message the whole message, whose transaction id is the mask of IPv6 addresses
 * @param at offset of the value
 */
export function readXorAddress(message: Buffer, at: number, length: number): Endpoint | undefined {
  const family = message[at + 1];
  const port = message.readUInt16BE(at + 2) ^ COOKIE_PORT;
  if (family === 1 && length === IPV4_BYTES) {
    const bits = message.readUInt32BE(at + 4) ^ MAGIC_COOKIE;
    return {
      family: 4,
      port,
      address: `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`,
    };
  }
  if (family !== 2 || length !== IPV6_BYTES) return undefined;
  const words = Array.from(
    { length: 8 },
    (_, i) => message.readUInt16BE(at + 4 + 2 * i) ^ message.readUInt16BE(4 + 2 * i),
  );
  return { family: 6, port, address: formatIpv6(words) };
}

/** Writes the value of an XOR-…-ADDRESS attribute at `at` and returns its length. */
export function writeXorAddress(message: Buffer, at: number, { address, port, family }: Endpoint): number {
  message[at] = 0;
  message[at + 1] = family === 4 ? 1 : 2;
  message.writeUInt16BE(port ^ COOKIE_PORT, at + 2);
  if (family === 4) {
    message.writeUInt32BE((ipv4Bits(address) ^ MAGIC_COOKIE) >>> 0, at + 4);
    return IPV4_BYTES;
  }
  ipv6Words(address).forEach((word, i) =>
    message.writeUInt16BE(word ^ message.readUInt16BE(4 + 2 * i), at + 4 + 2 * i),
  );
  return IPV6_BYTES;
}

const ipv4Bits = (address: string): number =>
  address.split('.').reduce((bits, part) => ((bits << 8) | Number(part)) >>> 0, 0);

function ipv6Words(address: string): number[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const wordsOf = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((word) => {
          if (!word.includes('.')) return [Number.parseInt(word, 16)];
          const bits = ipv4Bits(word);
          return [bits >>> 16, bits & 0xffff];
        });
  const first = wordsOf(head);
  if (tail === undefined) return first;
  const last = wordsOf(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** As `inet_ntop` writes it: the first longest run of at least two zeros shortened, IPv4 inside ::/96 and ::ffff:0:0/96 dotted. */
export function formatIpv6(words: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    i = Math.max(i, end);
  }
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  const dotted = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  if (dotted) {
    const [high = 0, low = 0] = words.slice(6);
    const ipv4 = `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`;
    return length === 6 ? `::${ipv4}` : `::ffff:${ipv4}`;
  }
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}
