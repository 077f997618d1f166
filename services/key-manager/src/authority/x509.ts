import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CLOCK_SKEW_MS = 5 * 60_000;
export const DAY_MS = 86_400_000;

/** A certificate with its private key, as kept in `CA_DIR`: both PEM on disk, the key PKCS #8. */
export interface CertifiedKey {
  pem: string;
  certificate: X509Certificate;
  key: KeyObject;
}

/** What a new certificate says. Names and extensions come from here only, never from a request. */
export interface CertificateProfile {
  /** RFC 4514 text; empty for none. */
  subject: string;
  days: number;
  extensions: x509.Extension[];
  /** Not later than its issuer, whatever `days` says. */
  notAfterAtMost?: Date;
}

export async function newKey(): Promise<KeyObject> {
  const pair = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

export const keyToPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();

export const validFrom = (certificate: X509Certificate): Date => new Date(certificate.validFrom);
export const validTo = (certificate: X509Certificate): Date => new Date(certificate.validTo);

/** SHA-256 of the DER form, lower-case hex: how a certificate is named in revocations and headers. */
export const fingerprint = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();

export async function selfSign(key: KeyObject, profile: CertificateProfile): Promise<CertifiedKey> {
  const spki = publicKeyDer(key);
  const made = await x509.X509CertificateGenerator.create({
    ...validity(profile),
    serialNumber: newSerial(),
    subject: profile.subject,
    issuer: profile.subject,
    publicKey: new x509.PublicKey(spki),
    signingKey: await signingKey(key),
    signingAlgorithm: P256,
    extensions: [...profile.extensions, ...(await keyIdentifiers(spki))],
  });
  return certifiedKey(made.toString('pem'), key);
}

export const certifiedKey = (pem: string, key: KeyObject): CertifiedKey => ({
  pem: `${pem.trim()}\n`,
  certificate: new X509Certificate(pem),
  key,
});

/** SubjectPublicKeyInfo, DER, in one canonical form (by way of JWK: OpenSSL keeps points compressed as they came). */
export function publicKeyDer(key: KeyObject): Buffer {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}

/** 127 random bits, positive: RFC 5280, section 4.1.2.2. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}

export function validity(profile: CertificateProfile): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const wanted = now + profile.days * DAY_MS;
  const atMost = profile.notAfterAtMost?.getTime() ?? wanted;
  return { notBefore: new Date(now - CLOCK_SKEW_MS), notAfter: new Date(Math.min(wanted, atMost)) };
}

const imported = new WeakMap<KeyObject, Promise<webcrypto.CryptoKey>>();
function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const known = imported.get(key);
  if (known) return known;
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const importing = webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign']);
  imported.set(key, importing);
  return importing;
}

/** RFC 5280, sections 4.2.1.1 and 4.2.1.2: what signs itself is its own issuer. */
async function keyIdentifiers(spki: Buffer): Promise<x509.Extension[]> {
  const own = await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki));
  return [own, new x509.AuthorityKeyIdentifierExtension(own.keyId)];
}
