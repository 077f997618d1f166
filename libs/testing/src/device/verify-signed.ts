import { verify, X509Certificate } from 'node:crypto';
import { PURPOSE_OIDS, type RefusalReason, type Signed, type SigningPurpose } from '@muster/contracts';

/** Why a device does not believe a signed text; undefined when it does. The same checks that an agent makes. */
export function faultOfSigned(
  signed: Signed,
  purpose: SigningPurpose,
  anchors: readonly string[],
  now = new Date(),
): Extract<RefusalReason, 'bad-signature' | 'not-delegated'> | undefined {
  const [pem, ...rest] = signed.delegation;
  if (!pem || rest.length > 0) return 'not-delegated';
  const signer = new X509Certificate(pem);
  const delegated = anchors
    .map((anchor) => new X509Certificate(anchor))
    .some((root) => signer.checkIssued(root) && signer.verify(root.publicKey));
  const valid = new Date(signer.validFrom) <= now && now <= new Date(signer.validTo);
  if (!delegated || !valid || signer.ca || !signer.keyUsage?.includes(PURPOSE_OIDS[purpose])) return 'not-delegated';
  const signature = Buffer.from(signed.signature, 'base64');
  return verify('sha256', Buffer.from(signed.payload, 'utf8'), signer.publicKey, signature)
    ? undefined
    : 'bad-signature';
}
