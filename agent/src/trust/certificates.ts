import { X509Certificate } from 'node:crypto';

/** The extended key usage of servers; Node.js calls these usages `keyUsage`. */
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

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
): X509Certificate | undefined => candidates.find((candidate) => isIssuedBy(certificate, candidate));

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Longer chains are cut off: the suite makes four at most (leaf, issuing CA, cross certificates). */
const LONGEST_CHAIN = 6;

/**
 * The anchor that a chain (leaf first) leads to, when every certificate on the way is valid at that time and signed by
 * the next (RFC 5280, section 6.1, without name constraints and policies, which the suite's CAs do not use). Tries every
 * issuer: while a root rolls over, a chain may hold the new root itself as well as the old root's certificate for it.
 */
export function anchorOf(
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  at: number,
): X509Certificate | undefined {
  const [current, ...others] = chain.slice(0, LONGEST_CHAIN);
  if (!current || !isValidAt(current, at)) return undefined;
  const anchor = anchors.find((one) => isValidAt(one, at) && isIssuedBy(current, one));
  if (anchor) return anchor;
  for (const issuer of others.filter((one) => isIssuedBy(current, one))) {
    const found = anchorOf([issuer, ...others.filter((one) => one !== issuer)], anchors, at);
    if (found) return found;
  }
  return undefined;
}

/** The object identifier of name constraints, 2.5.29.30, as it stands in a certificate. */
const NAME_CONSTRAINTS = Buffer.from('0603551d1e', 'hex');

/** Whether it holds limits that an authority set: names, or usages other than a server's (RFC 5280, sections 4.2.1.10 and 4.2.1.12). */
export function isLimited(certificate: X509Certificate): boolean {
  const usages: readonly string[] | undefined = certificate.ca ? certificate.keyUsage : undefined;
  return certificate.raw.includes(NAME_CONSTRAINTS) || (usages !== undefined && !usages.includes(SERVER_AUTH));
}

/** The youngest by notBefore: where two roots are valid, the one that the suite is moving to. */
export const newest = (certificates: readonly X509Certificate[]): X509Certificate | undefined =>
  [...certificates].sort((left, right) => notBefore(right) - notBefore(left))[0];
