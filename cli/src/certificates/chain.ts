import type { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { Finding } from '../checks/finding';
import { certificateMessages as messages } from './certificate-messages';
import { certificatesIn, issuerOf, selfIssued, signedBy, subjectOf } from './pem';

/**
 * Whether a server's certificates (leaf first) lead to a root that clients know.
 * @param roots PEM of roots that clients are given, besides the public ones
 */
export function chainFault(file: string, chain: readonly X509Certificate[], roots: readonly string[]): Finding[] {
  const [leaf] = chain;
  if (!leaf) return [];
  const ordered = inOrder(leaf, chain);
  const disordered = ordered.some((certificate, index) => certificate !== chain[index]);
  if (disordered) return [messages.say('certificate-chain-order', { file, order: ordered.map(subjectOf).join('; ') })];
  // Not the last one only: a cross certificate goes on to an older root, for who knows no other.
  if (ordered.some((link) => selfIssued(link) || isKnown(link, roots))) return [];
  const last = ordered.at(-1) ?? leaf;
  const named = chain.find((one) => one !== last && one.subject === last.issuer && !signedBy(last, one));
  if (named) {
    return [messages.say('certificate-chain-signature', { file, issuer: subjectOf(named), subject: subjectOf(last) })];
  }
  return [messages.say('certificate-chain-incomplete', { file, issuer: issuerOf(last), subject: subjectOf(last) })];
}

/** From the leaf up, as far as the file goes. */
function inOrder(leaf: X509Certificate, chain: readonly X509Certificate[]): X509Certificate[] {
  const ordered = [leaf];
  for (;;) {
    const last = ordered.at(-1) ?? leaf;
    const next = chain.find((one) => !ordered.includes(one) && signedBy(last, one));
    if (!next) return ordered;
    ordered.push(next);
  }
}

function isKnown(link: X509Certificate, roots: readonly string[]): boolean {
  const own = roots.flatMap((pem) => certificatesIn(pem));
  if (own.some((root) => signedBy(link, root))) return true;
  return publicRoots().some((root) => signedBy(link, root));
}

let parsed: X509Certificate[] | undefined;
/** The roots that this Node.js trusts, which are Mozilla's. */
function publicRoots(): X509Certificate[] {
  parsed ??= certificatesIn(rootCertificates.join('\n'));
  return parsed;
}
