import { verify, X509Certificate } from 'node:crypto';
import { type AuditHead, AuditHeadPayload, parse, PURPOSE_OIDS, SUCCESSOR_OID } from '@muster/contracts';

/** What a head says, once its signature was found good; or why it counts for nothing. */
export type HeadVerdict = { payload: AuditHeadPayload } | { problem: string };

/**
 * Checks heads against the roots of the suite. A head is of the time that it names: its signer must have been valid
 * then, and may have expired since. One instance checks many; certificates are read once.
 */
export class HeadChecker {
  private readonly roots: X509Certificate[];
  private readonly delegations = new Map<string, X509Certificate[]>();

  constructor(
    anchors: readonly string[],
    private readonly organisationId: string,
  ) {
    this.roots = anchors.map((anchor) => new X509Certificate(anchor));
  }

  check(head: AuditHead): HeadVerdict {
    const payload = payloadOf(head.payload);
    if (!payload) return { problem: 'its text is not that of a head' };
    if (payload.organisationId !== this.organisationId) return { problem: 'it is of another organisation' };
    try {
      const problem = this.faultOfSignature(head, new Date(payload.at));
      return problem ? { problem } : { payload };
    } catch (error) {
      return { problem: `its certificates cannot be read: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  private faultOfSignature({ payload, signature, delegation }: AuditHead, at: Date): string | undefined {
    const [signer, ...cross] = this.certificates(delegation);
    if (!signer || signer.ca || cross.length > 2 || !signer.keyUsage?.includes(PURPOSE_OIDS['audit-head'])) {
      return 'its certificate is not one for audit heads';
    }
    if (!leadsTo(this.roots, signer, cross, at))
      return 'no root of this suite stands behind its certificate at its time';
    const good = verify('sha256', Buffer.from(payload, 'utf8'), signer.publicKey, Buffer.from(signature, 'base64'));
    return good ? undefined : 'its signature is not that of its text';
  }

  private certificates(delegation: readonly string[]): X509Certificate[] {
    const key = delegation.join('\n');
    const known = this.delegations.get(key) ?? delegation.map((pem) => new X509Certificate(pem));
    this.delegations.set(key, known);
    return known;
  }
}

/** What a head's text says, whoever wrote it; undefined when it is no head's. */
export function payloadOf(text: string): AuditHeadPayload | undefined {
  try {
    return parse(AuditHeadPayload, JSON.parse(text), { unknown: 'refuse' });
  } catch {
    return undefined;
  }
}

/** Whether a root issued the certificate, or a root's successor did, by the cross certificates in their order. */
function leadsTo(roots: X509Certificate[], certificate: X509Certificate, cross: X509Certificate[], at: Date): boolean {
  if (!isValid(certificate, at)) return false;
  if (roots.some((root) => isValid(root, at) && isIssuedBy(certificate, root))) return true;
  const [next, ...rest] = cross;
  if (!next?.keyUsage?.includes(SUCCESSOR_OID) || !isIssuedBy(certificate, next)) return false;
  return leadsTo(roots, next, rest, at);
}

const isValid = ({ validFrom, validTo }: X509Certificate, at: Date): boolean =>
  new Date(validFrom) <= at && at <= new Date(validTo);

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
