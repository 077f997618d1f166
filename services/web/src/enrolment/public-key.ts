import { createPublicKey } from 'node:crypto';
import { AppError } from '@muster/contracts';

const PEM =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * SubjectPublicKeyInfo (DER, base64) of a PKCS #10 request (RFC 2986): what the key manager knows a device by. Whether
 * the request is signed by that key, and acceptable at all, the key manager decides when it certifies.
 * @throws AppError `request-refused` when it is no such request
 */
export function publicKeyOf(certificateRequest: string): string {
  const body = PEM.exec(certificateRequest)?.[1];
  if (!body) throw refused();
  try {
    const request = read(Buffer.from(body, 'base64'), SEQUENCE);
    const info = read(request.content, SEQUENCE);
    const version = read(info.content, INTEGER);
    const subject = read(version.rest, SEQUENCE);
    const key = read(subject.rest, SEQUENCE);
    const bytes = subject.rest.subarray(0, subject.rest.length - key.rest.length);
    createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return bytes.toString('base64');
  } catch (cause) {
    throw refused(cause);
  }
}

interface Element {
  content: Buffer;
  rest: Buffer;
}

/** The DER element (X.690) at the start of `bytes`, which must have this tag. */
function read(bytes: Buffer, tag: number): Element {
  if (bytes.readUInt8(0) !== tag) throw new RangeError(`expected tag ${tag}`);
  const first = bytes.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 3) throw new RangeError('length out of bounds');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (start + length > bytes.length) throw new RangeError('truncated');
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

const refused = (cause?: unknown): AppError =>
  new AppError('request-refused', 'The certificate request is not a PKCS #10 request in PEM that can be read.', {
    cause,
  });
