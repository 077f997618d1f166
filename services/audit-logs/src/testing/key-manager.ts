import { createHash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  type AuditHeadPayload,
  DEFAULT_ORGANISATION_ID,
  listAnchors,
  listRevocations,
  type Role,
  ROLE_PERMISSIONS,
  type SignAuditHead,
  signAuditHead,
  type VerifiedCredential,
  verifyCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { TestAuthority } from '@muster/testing';

/** Answers the key manager's contracts, with real signatures of an authority of its own. */
@Injectable()
export class KeyManagerDouble {
  authority: TestAuthority;
  readonly people = new Map<string, { role: Role; organisationId: string }>([
    ['owner', { role: 'owner', organisationId: DEFAULT_ORGANISATION_ID }],
    ['reader', { role: 'read-only', organisationId: DEFAULT_ORGANISATION_ID }],
  ]);
  /** Refuses to sign while true, as without a delegation. */
  refusesSigning = false;
  signed = 0;

  @HandlesRequest(verifyCredential)
  async verify({ credential }: VerifyCredential): Promise<VerifiedCredential> {
    const person = this.people.get(credential);
    if (!person) throw new AppError('not-signed-in', 'Sign in first.');
    return {
      credentialId: idOf(`credential ${credential}`),
      userId: idOf(credential),
      organisationId: person.organisationId,
      name: `${credential}@muster.localhost`,
      permissions: [...ROLE_PERMISSIONS[person.role]],
      csrfToken: '',
      mustChangePassword: false,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      cacheSeconds: 60,
    };
  }

  @HandlesRequest(listRevocations)
  async listRevocations() {
    return { revocations: [], sequence: 0 };
  }

  @HandlesRequest(listAnchors)
  async listAnchors() {
    return { anchors: [this.authority.rootPem] };
  }

  @HandlesRequest(signAuditHead)
  async signHead({ payload }: SignAuditHead) {
    if (this.refusesSigning) throw new AppError('unavailable', 'There is no delegation for audit heads.');
    this.signed += 1;
    return this.sign(payload);
  }

  /** A head as the key manager would have signed it, with another's authority if wanted. */
  head(payload: AuditHeadPayload, authority = this.authority) {
    const text = JSON.stringify(payload);
    return { payload: text, ...this.sign(text, authority) };
  }

  private sign(payload: string, authority = this.authority) {
    const file = (kind: string): string => readFileSync(join(authority.dir, `signing/audit-head.${kind}`), 'utf8');
    return {
      signature: sign('sha256', Buffer.from(payload), file('key')).toString('base64'),
      delegation: [file('crt')],
    };
  }
}

/** The same id for the same text. */
export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
