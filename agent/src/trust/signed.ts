import { verify, X509Certificate } from 'node:crypto';
import { PURPOSE_OIDS, type Signed, type SigningPurpose } from '@muster/contracts';
import { isValidAt, issuerOf } from './certificates';

export type SignatureFault = 'not-delegated' | 'bad-signature';

/**
 * Checks a signed text: the signer stands directly under a pinned root (an issuing CA must not be able to delegate),
 * is valid at the server's time, carries the extended key usage of the purpose, and its P-256 key made the signature.
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
  const [pem, ...rest] = signed.delegation;
  if (!pem || rest.length > 0) return undefined;
  let signer: X509Certificate;
  try {
    signer = new X509Certificate(pem);
  } catch {
    return undefined;
  }
  const root = issuerOf(signer, anchors);
  if (!root || !isValidAt(root, at) || !isValidAt(signer, at) || signer.ca) return undefined;
  // Node.js calls the extended key usages `keyUsage`.
  const usages: readonly string[] | undefined = signer.keyUsage;
  if (!usages?.includes(PURPOSE_OIDS[purpose])) return undefined;
  const { asymmetricKeyType, asymmetricKeyDetails } = signer.publicKey;
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? signer : undefined;
}
