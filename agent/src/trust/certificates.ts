import { X509Certificate } from 'node:crypto';

/** PEM text → certificates, in order. @throws when there is none or one cannot be read */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('no certificate in the text');
  return blocks.map((block) => new X509Certificate(block));
}

export const notBefore = (certificate: X509Certificate): number => Date.parse(certificate.validFrom);
export const notAfter = (certificate: X509Certificate): number => Date.parse(certificate.validTo);

/** `at` in milliseconds since 1970. */
export const isValidAt = (certificate: X509Certificate, at: number): boolean =>
  notBefore(certificate) <= at && at <= notAfter(certificate);

/** The issuer among the candidates: by name, key identifier and signature. */
export const issuerOf = (
  certificate: X509Certificate,
  candidates: readonly X509Certificate[],
): X509Certificate | undefined =>
  candidates.find(
    (candidate) => candidate.ca && certificate.checkIssued(candidate) && certificate.verify(candidate.publicKey),
  );

/**
 * The anchor that a chain (leaf first) ends at, when every certificate is valid at that time and signed by the next
 * (RFC 5280, section 6.1, without name constraints and policies, which the suite's CAs do not use).
 */
export function anchorOf(
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  at: number,
): X509Certificate | undefined {
  let current = chain[0];
  const intermediates = [...chain.slice(1)];
  while (current) {
    if (!isValidAt(current, at)) return undefined;
    const anchor = issuerOf(current, anchors);
    if (anchor) return isValidAt(anchor, at) ? anchor : undefined;
    const next = issuerOf(current, intermediates);
    if (!next) return undefined;
    intermediates.splice(intermediates.indexOf(next), 1);
    current = next;
  }
  return undefined;
}

/** The youngest by notBefore: where two roots are valid, the one that the suite is moving to. */
export const newest = (certificates: readonly X509Certificate[]): X509Certificate | undefined =>
  [...certificates].sort((left, right) => notBefore(right) - notBefore(left))[0];
