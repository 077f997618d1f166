import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { AppError } from '@muster/contracts';
import { publicKeyDer } from './x509';

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const RSA_BITS = { least: 3072, most: 8192 };
const WEAK_DIGESTS = ['SHA-1', 'MD5'];

/** The one thing that the server takes from a certificate request: the key, proven to be the sender's. */
export interface RequestedKey {
  key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Buffer;
  digest: Buffer;
}

/**
 * Reads a PKCS #10 request (RFC 2986). @throws AppError `invalid-input` when it is not one, is not signed by its own key,
 * has a weak key or digest, or asks for a name, an extension or any other attribute: those are the server's to set.
 */
export async function readCertificateRequest(pem: string): Promise<RequestedKey> {
  const request = parse(pem);
  if (request.subject !== '') throw refused('its subject must be empty: the server sets every name');
  if (request.attributes.length > 0) throw refused('it must ask for no extensions or attributes: the server sets them');
  const requested = readPublicKey(Buffer.from(request.publicKey.rawData));
  const digest = request.signatureAlgorithm.hash?.name;
  if (digest === undefined || WEAK_DIGESTS.includes(digest))
    throw refused('it must be signed with SHA-256 or stronger');
  if (!(await request.verify().catch(() => false))) throw refused('its signature is not by its own key');
  return requested;
}

/** Reads a SubjectPublicKeyInfo. @throws AppError `invalid-input` when it is none, or weak */
export function readPublicKey(der: Buffer): RequestedKey {
  const key = decode(der);
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const strong =
    (key.asymmetricKeyType === 'ec' && CURVES.includes(namedCurve ?? '')) ||
    (key.asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most);
  if (!strong) throw refused('its key must be on the curve P-256, P-384 or P-521, or RSA with 3072 to 8192 bits');
  const spki = publicKeyDer(key);
  return { key, spki, digest: createHash('sha256').update(spki).digest() };
}

function decode(der: Buffer): KeyObject {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw refused('its public key cannot be read', cause);
  }
}

function parse(pem: string): x509.Pkcs10CertificateRequest {
  if (!/^\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) throw refused('it must be PKCS #10 in PEM');
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    // Decoded lazily: touch what is read later, so that garbage is told from a fault of ours.
    void [request.subject, request.attributes.length, request.signatureAlgorithm, request.publicKey.rawData];
    return request;
  } catch (cause) {
    throw refused('it cannot be read as PKCS #10', cause);
  }
}

const refused = (problem: string, cause?: unknown) =>
  new AppError('invalid-input', `The certificate request is refused: ${problem}.`, {
    faults: [{ field: 'certificateRequest', problem }],
    cause,
  });
