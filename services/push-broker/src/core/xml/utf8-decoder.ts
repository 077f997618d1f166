import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 that arrives in pieces. Node's StringDecoder joins characters that were cut in two as well, but turns
 * bytes that are not UTF-8 silently into U+FFFD, and XMPP wants those refused.
 */
export class Utf8Decoder {
  #carry: Buffer | undefined;

  /** @returns the text, or undefined when the bytes are not UTF-8 */
  decode(bytes: Buffer): string | undefined {
    const all = this.#carry ? Buffer.concat([this.#carry, bytes]) : bytes;
    const end = all.length - incompleteTail(all);
    // A copy: a view would keep the whole pooled chunk alive for the sake of three bytes.
    this.#carry = end < all.length ? Buffer.from(all.subarray(end)) : undefined;
    const complete = end < all.length ? all.subarray(0, end) : all;
    return isUtf8(complete) ? complete.toString('utf8') : undefined;
  }
}

/** Number of bytes (0 to 3) at the end that begin a character which the next piece may complete. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
