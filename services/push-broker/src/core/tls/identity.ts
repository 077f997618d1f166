import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../peer';
import { xmppAddresses } from './xmpp-addresses';

/** Why a peer was not authenticated: a word for metrics, a sentence for the person who reads the agent's log. */
export interface Refusal {
  reason: string;
  text: string;
}

/**
 * The certificate that a peer proved, in this handshake or in the one that it resumes.
 *
 * `authorized` is not enough. For a resumed TLS 1.3 session Node.js says `authorized` whether or not there ever was a
 * certificate, so there must be one: OpenSSL keeps it in the session, which travels in the ticket, encrypted and
 * authenticated by a key that only this process has. And what was true then may not be now: the validity is looked at
 * again here; tickets end with the anchors (`Handshakes`); revocation is looked at when the identity is used.
 */
export function identify(socket: TLSSocket, now: number): PeerCertificate | Refusal {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return { reason: 'no-certificate', text: 'a client certificate is required' };
  const fault = String(socket.authorizationError);
  if (fault === 'CERT_HAS_EXPIRED' || Date.parse(certificate.validTo) < now)
    return { reason: 'certificate-expired', text: 'the client certificate has expired: renew it' };
  if (fault === 'CERT_NOT_YET_VALID' || Date.parse(certificate.validFrom) > now)
    return { reason: 'certificate-not-yet-valid', text: 'the client certificate is not valid yet' };
  if (!socket.authorized)
    return { reason: 'certificate-untrusted', text: 'the client certificate was not issued by this suite' };
  return {
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    xmppAddresses: xmppAddresses(certificate.raw),
    expiresAt: endOf(certificate, now),
  };
}

/** Certificates that a peer sends with its own. */
const LONGEST_CHAIN = 8;

/**
 * When the first certificate of a chain expires. One that has expired already stands in the way of nobody: the peer sent
 * it, and was verified by another.
 */
function endOf(certificate: X509Certificate, now: number): number {
  let end = Number.POSITIVE_INFINITY;
  let next: X509Certificate | undefined = certificate;
  for (let depth = 0; next && depth < LONGEST_CHAIN; depth++) {
    const expires = Date.parse(next.validTo);
    if (expires > now) end = Math.min(end, expires);
    next = next.issuerCertificate;
  }
  return end;
}
