import { verify, X509Certificate } from 'node:crypto';
import {
  AppError,
  InvalidInput,
  parse,
  PURPOSE_OIDS,
  ReleaseManifest,
  type Signed,
  SUCCESSOR_OID,
} from '@muster/contracts';

/**
 * Reads a signed manifest as a device will: its signer stands under a root of this suite, directly or by cross
 * certificates, with the usage `release`, and made the signature.
 * @throws AppError `invalid-input` that says what a device would not believe
 */
export function readManifest(signed: Signed, anchors: readonly string[], organisationId: string): ReleaseManifest {
  const problem = faultOf(signed, anchors);
  if (problem) throw refused(problem);
  try {
    const manifest = parse(ReleaseManifest, JSON.parse(signed.payload), { unknown: 'drop' });
    if ((manifest.organisationId ?? organisationId) === organisationId) return manifest;
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof SyntaxError)
      throw refused(`its text is not a manifest: ${error.message}`, error);
    throw error;
  }
  throw refused('it is for the devices of another organisation');
}

function faultOf({ payload, signature, delegation }: Signed, anchors: readonly string[]): string | undefined {
  try {
    const [signer, ...cross] = delegation.map((pem) => new X509Certificate(pem));
    if (!signer || signer.ca || cross.length > 2 || !signer.keyUsage?.includes(PURPOSE_OIDS.release))
      return 'its certificate is not one for releases';
    const roots = anchors.map((anchor) => new X509Certificate(anchor));
    if (!leadsTo(roots, signer, cross)) return 'no root of this suite stands behind its certificate now';
    const key = { key: signer.publicKey, dsaEncoding: 'der' as const };
    const good = verify('sha256', Buffer.from(payload, 'utf8'), key, Buffer.from(signature, 'base64'));
    return good ? undefined : 'its signature is not that of its text';
  } catch (error) {
    return `its certificates cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Whether a root issued the certificate, or a root's successor did, by the cross certificates in their order. */
function leadsTo(roots: X509Certificate[], certificate: X509Certificate, cross: X509Certificate[]): boolean {
  if (!isValid(certificate)) return false;
  if (roots.some((root) => isValid(root) && isIssuedBy(certificate, root))) return true;
  const [next, ...rest] = cross;
  if (!next?.keyUsage?.includes(SUCCESSOR_OID) || !isIssuedBy(certificate, next)) return false;
  return leadsTo(roots, next, rest);
}

const isValid = ({ validFrom, validTo }: X509Certificate, now = new Date()): boolean =>
  new Date(validFrom) <= now && now <= new Date(validTo);

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const refused = (problem: string, cause?: unknown): AppError =>
  new AppError('invalid-input', `The release is refused: ${problem}.`, {
    faults: [{ field: 'manifest', problem: problem.slice(0, 2048) }],
    cause,
  });
