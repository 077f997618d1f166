/** The little of DER (X.690) that certificates are put together from. */

export const TAG = { integer: 0x02, bitString: 0x03, octetString: 0x04, utf8String: 0x0c, sequence: 0x30 } as const;

/** One element with a definite length (section 8.1). */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...contents);

/** For object identifiers whose arcs after the second are below 128. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest]));
}

/** Time in a certificate (RFC 5280, section 4.1.2.5): two digits of the year until 2049. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  const early = date.getUTCFullYear() < 2050;
  return der(early ? 0x17 : 0x18, Buffer.from(early ? digits.slice(2) : digits, 'latin1'));
}

/** The bits of the key in a SubjectPublicKeyInfo, without the octet that counts unused bits. */
export function publicKeyBits(spki: Buffer): Buffer {
  const [algorithm] = split(contentOf(spki));
  if (!algorithm) throw new RangeError('no algorithm in a SubjectPublicKeyInfo');
  return contentOf(contentOf(spki).subarray(algorithm.length)).subarray(1);
}

function contentOf(element: Buffer): Buffer {
  const first = element.readUInt8(1);
  return element.subarray(2 + (first < 0x80 ? 0 : first & 0x7f));
}

/** The first of several elements in a row. */
function split(elements: Buffer): Buffer[] {
  const first = elements.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : elements.readUIntBE(2, lengthBytes);
  return [elements.subarray(0, 2 + lengthBytes + length)];
}
