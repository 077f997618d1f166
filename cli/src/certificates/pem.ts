import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[^-]+(?:-[^-]+)*?-----END (?:[A-Z]+ )*PRIVATE KEY-----/;

/** The certificates of a PEM file, in its order. @throws Error when one of them cannot be read */
export const certificatesIn = (pem: string): X509Certificate[] =>
  [...pem.matchAll(CERTIFICATE)].map(([block]) => new X509Certificate(block));

export const privateKeyIn = (pem: string): string | undefined => KEY.exec(pem)?.[0];

export type KeyReading = { key: KeyObject } | { problem: 'none' | 'encrypted' | 'wrong-passphrase' | 'unreadable' };

/** Reads the private key of a PEM file. */
export function readKey(pem: string, passphrase?: string): KeyReading {
  const block = privateKeyIn(pem);
  if (!block) return { problem: 'none' };
  try {
    return { key: createPrivateKey({ key: block, ...(passphrase === undefined ? {} : { passphrase }) }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE') return { problem: 'encrypted' };
    if (/ENCRYPTED/.test(block)) return { problem: passphrase === undefined ? 'encrypted' : 'wrong-passphrase' };
    return { problem: 'unreadable' };
  }
}

/** Whether a certificate is good for a host name or an IP address (RFC 6125; no common names). */
export function isFor(certificate: X509Certificate, name: string): boolean {
  if (isIP(name)) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(name, { subject: 'never' }) !== undefined;
}

/** Who a certificate is, in one line. */
export const subjectOf = (certificate: X509Certificate): string => oneLine(certificate.subject);
export const issuerOf = (certificate: X509Certificate): string => oneLine(certificate.issuer);
const oneLine = (name: string | undefined): string => (name ?? '').trim().replaceAll('\n', ', ') || 'nobody';

export const selfIssued = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate);

export const signedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** SHA-256 of a certificate, lower-case hex. */
export const digestOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();
