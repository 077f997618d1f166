import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  DEFAULT_ORGANISATION_ID,
  listRevocations,
  type Permission,
  type Role,
  ROLE_PERMISSIONS,
  type VerifiedCredential,
  verifyCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { idOf } from './id-of';

export interface Somebody {
  role: Role;
  organisationId: string;
  /** Other than the role's. */
  permissions?: Permission[];
}

/** Says who a credential is, as the key manager does: a name out of a list, which tests add to. Nobody is revoked. */
@Injectable()
export class PeopleDouble {
  readonly people = new Map<string, Somebody>([
    ['owner', { role: 'owner', organisationId: DEFAULT_ORGANISATION_ID }],
    ['reader', { role: 'read-only', organisationId: DEFAULT_ORGANISATION_ID }],
  ]);

  @HandlesRequest(verifyCredential)
  async verify({ credential }: VerifyCredential): Promise<VerifiedCredential> {
    const person = this.people.get(credential);
    if (!person) throw new AppError('not-signed-in', 'Sign in first.');
    return {
      credentialId: idOf(`credential ${credential}`),
      userId: idOf(credential),
      organisationId: person.organisationId,
      name: `${credential}@muster.localhost`,
      permissions: person.permissions ?? [...ROLE_PERMISSIONS[person.role]],
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
}
