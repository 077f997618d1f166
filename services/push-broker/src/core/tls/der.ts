/** One element of DER (X.690), as far as certificates need it: single-byte tags, definite lengths. */
export interface DerElement {
  tag: number;
  content: Buffer;
}

/** Context-specific tag of a constructed element. */
export const context = (number: number): number => 0xa0 + number;
export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const OBJECT_IDENTIFIER = 0x06;
export const OCTET_STRING = 0x04;
export const UTF8_STRING = 0x0c;

/** Splits bytes into the elements they are made of. @throws RangeError when they are not DER */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = byteAt(bytes, at);
    let length = byteAt(bytes, at + 1);
    let start = at + 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size === 0 || size > 4) throw new RangeError('unsupported length in DER');
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + byteAt(bytes, start + i);
      start += size;
    }
    if (start + length > bytes.length) throw new RangeError('DER element is cut short');
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** Encodes the content of an OBJECT IDENTIFIER, to compare with. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) + 128);
    bytes.push(...groups);
  }
  return Buffer.from(bytes);
}

function byteAt(bytes: Buffer, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError('DER element is cut short');
  return byte;
}
