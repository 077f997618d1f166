import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 that arrives in pieces. Node's StringDecoder joins characters that were cut in two as well, but turns
 * bytes that are not UTF-8 silently into U+FFFD, and XMPP wants those refused.
 */
export class Utf8Decoder {
  #carry: Buffer | undefined;
  #broken = false;

  /** Whether bytes came that are not UTF-8. Nothing is decoded any more from the first of them on. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Whether bytes came of which no text was made: half a character, or what is none. */
  get hasRest(): boolean {
    return this.#broken || this.#carry !== undefined;
  }

  /** @returns the text, up to the first byte that is not UTF-8 */
  decode(bytes: Buffer): string {
    if (this.#broken) return '';
    const all = this.#carry ? Buffer.concat([this.#carry, bytes]) : bytes;
    const end = all.length - incompleteTail(all);
    // A copy: a view would keep the whole pooled chunk alive for the sake of three bytes.
    this.#carry = end < all.length ? Buffer.from(all.subarray(end)) : undefined;
    const complete = end < all.length ? all.subarray(0, end) : all;
    if (isUtf8(complete)) return complete.toString('utf8');
    this.#broken = true;
    this.#carry = undefined;
    return complete.toString('utf8', 0, soundLength(complete));
  }
}

/** Number of bytes (0 to 3) at the end that begin a character which the next piece may complete. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    return lengthFrom(byte) > back ? back : 0;
  }
  return 0;
}

/** Number of bytes before the first character that is not UTF-8, of bytes that are not. */
function soundLength(bytes: Buffer): number {
  let at = 0;
  for (let length = characterAt(bytes, at); length > 0; length = characterAt(bytes, at)) at += length;
  return at;
}

/** Bytes of the character that begins here; 0 where there is none (RFC 3629, section 4). */
function characterAt(bytes: Buffer, at: number): number {
  const length = lengthFrom(bytes[at] ?? 0);
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** Bytes of a character that begins with this one; 1 also for a byte that begins none. */
function lengthFrom(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}
