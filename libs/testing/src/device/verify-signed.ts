import { verify, X509Certificate } from 'node:crypto';
import { PURPOSE_OIDS, type RefusalReason, type Signed, type SigningPurpose, SUCCESSOR_OID } from '@muster/contracts';

/** Why a device does not believe a signed text; undefined when it does. The same checks that an agent makes. */
export function faultOfSigned(
  signed: Signed,
  purpose: SigningPurpose,
  anchors: readonly string[],
  now = new Date(),
): Extract<RefusalReason, 'bad-signature' | 'not-delegated'> | undefined {
  const [signer, ...cross] = signed.delegation.map((pem) => new X509Certificate(pem));
  if (!signer || signer.ca || cross.length > 2 || !signer.keyUsage?.includes(PURPOSE_OIDS[purpose]))
    return 'not-delegated';
  const roots = anchors.map((anchor) => new X509Certificate(anchor));
  if (!leadsTo(roots, signer, cross, now)) return 'not-delegated';
  const signature = Buffer.from(signed.signature, 'base64');
  return verify('sha256', Buffer.from(signed.payload, 'utf8'), signer.publicKey, signature)
    ? undefined
    : 'bad-signature';
}

/** Whether a root issued the certificate, or a root's successor did, by the cross certificates in their order. */
function leadsTo(roots: X509Certificate[], certificate: X509Certificate, cross: X509Certificate[], now: Date): boolean {
  if (!isValid(certificate, now)) return false;
  if (roots.some((root) => isValid(root, now) && isIssuedBy(certificate, root))) return true;
  const [next, ...rest] = cross;
  if (!next?.keyUsage?.includes(SUCCESSOR_OID) || !isIssuedBy(certificate, next)) return false;
  return leadsTo(roots, next, rest, now);
}

const isValid = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  new Date(validFrom) <= now && now <= new Date(validTo);

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
