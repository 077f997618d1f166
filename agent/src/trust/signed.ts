import { verify, X509Certificate } from 'node:crypto';
import { PURPOSE_OIDS, type Signed, type SigningPurpose, SUCCESSOR_OID } from '@muster/contracts';
import { anchorOf } from './certificates';

export type SignatureFault = 'not-delegated' | 'bad-signature';

/** The signing certificate and two cross certificates. */
const LONGEST_DELEGATION = 3;

/**
 * Checks a signed text: the signer stands under a pinned root, directly or by cross certificates through which that root
 * named its successor (RFC 4210, section 4.4), all valid at the server's time; it carries the extended key usage of the
 * purpose, and its P-256 key made the signature. An issuing CA is neither root nor successor, so it cannot delegate.
 */
export function signatureFault(
  signed: Signed,
  purpose: SigningPurpose,
  anchors: readonly X509Certificate[],
  at: number,
): SignatureFault | undefined {
  const signer = delegate(signed, purpose, anchors, at);
  if (!signer) return 'not-delegated';
  const signature = Buffer.from(signed.signature, 'base64');
  const key = { key: signer.publicKey, dsaEncoding: 'der' as const };
  return verify('sha256', Buffer.from(signed.payload, 'utf8'), key, signature) ? undefined : 'bad-signature';
}

function delegate(
  signed: Signed,
  purpose: SigningPurpose,
  anchors: readonly X509Certificate[],
  at: number,
): X509Certificate | undefined {
  const chain = certificatesOf(signed.delegation);
  const [signer, ...cross] = chain;
  if (!signer || chain.length > LONGEST_DELEGATION || signer.ca) return undefined;
  if (!hasUsage(signer, PURPOSE_OIDS[purpose])) return undefined;
  if (!cross.every((link) => hasUsage(link, SUCCESSOR_OID)) || !anchorOf(chain, anchors, at)) return undefined;
  const { asymmetricKeyType, asymmetricKeyDetails } = signer.publicKey;
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? signer : undefined;
}

function certificatesOf(delegation: readonly string[]): X509Certificate[] {
  try {
    return delegation.map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

/** Node.js calls the extended key usages `keyUsage`. */
function hasUsage(certificate: X509Certificate, oid: string): boolean {
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return usages?.includes(oid) ?? false;
}
