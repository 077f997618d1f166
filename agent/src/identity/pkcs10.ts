import { createPublicKey, type KeyObject, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const ATTRIBUTES = 0xa0;
/** AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758, section 3.2): 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));

/**
 * A certificate request (PKCS #10, RFC 2986) for a P-256 key, PEM. Subject and attributes are empty: every name in a
 * device's certificate is the server's to set. Written out because the one structure that is needed costs 40 lines,
 * and an ASN.1 library 18 MB of resident memory.
 */
export function certificateRequest(privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const info = der(
    SEQUENCE,
    Buffer.concat([
      der(INTEGER, Buffer.from([0])),
      der(SEQUENCE, Buffer.alloc(0)),
      publicKey,
      der(ATTRIBUTES, Buffer.alloc(0)),
    ]),
  );
  const signature = sign('sha256', info, { key: privateKey, dsaEncoding: 'der' });
  const unusedBits = Buffer.from([0]);
  const request = der(
    SEQUENCE,
    Buffer.concat([info, ECDSA_SHA256, der(BIT_STRING, Buffer.concat([unusedBits, signature]))]),
  );
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** One element in DER: tag, length (X.690, section 8.1.3), content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | octets.length, ...octets]), content]);
}
