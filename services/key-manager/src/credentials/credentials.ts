import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Permission,
  type Principal,
  ROLE_PERMISSIONS,
  type VerifiedCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { Database } from '@muster/database';
import type { PrincipalSource } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { credentialKind, csrfToken, digest } from '../secrets/secret';
import { SessionEntity } from '../sessions/session.entity';
import { ApiTokenEntity } from '../tokens/api-token.entity';
import { findSession, findToken } from './credentials.queries';

/** Seconds that other services may rely on an answer, unless a revocation names it. */
const CACHE_SECONDS = 30;
/** How exact "last used" is, in milliseconds: not every request writes. */
const TOUCH_MS = 30_000;

/** Says who stands behind a session or an API token now: always from the database, so every change counts at once. */
@Injectable()
export class Credentials implements PrincipalSource {
  constructor(
    private readonly database: Database,
    private readonly config: KeyManagerConfig,
  ) {}

  verify({ kind, credential }: Pick<VerifyCredential, 'kind' | 'credential'>): Promise<VerifiedCredential> {
    return kind === 'session' ? this.session(credential) : this.token(credential);
  }

  /**
   * Who presents this secret, for what is done on their behalf.
   * @throws AppError `not-signed-in`, `password-change-required`, or `permission-denied` when they lack the permission
   */
  async authorise(credential: string, permission: Permission): Promise<Principal> {
    const kind = credentialKind(credential);
    const verified = await this.verify({ kind, credential });
    if (verified.mustChangePassword) throw new AppError('password-change-required', 'Change your password first.');
    if (!verified.permissions.includes(permission)) {
      throw new AppError('permission-denied', `You need the permission ${permission} for this.`);
    }
    return {
      kind: kind === 'session' ? 'person' : 'token',
      id: verified.userId,
      organisationId: verified.organisationId,
      assurance: kind === 'session' ? 'password' : 'token',
      permissions: verified.permissions,
      name: verified.name,
      credentialId: verified.credentialId,
      credential,
    };
  }

  private async session(secret: string): Promise<VerifiedCredential> {
    const secretHash = digest(secret);
    const found = await this.database.across('session by secret', (manager) => findSession(manager, secretHash));
    const now = Date.now();
    const idleSince = now - this.config.SESSION_IDLE_MINUTES * 60_000;
    if (!found || found.expiresAt.getTime() <= now || found.lastSeenAt.getTime() <= idleSince) {
      throw new AppError('not-signed-in', 'Your session has ended. Sign in again.');
    }
    if (now - found.lastSeenAt.getTime() > TOUCH_MS) {
      await this.database.inOrganisation(found.organisationId, (manager) =>
        manager.update(SessionEntity, { id: found.id }, { lastSeenAt: new Date(now) }),
      );
    }
    return {
      credentialId: found.id,
      userId: found.userId,
      organisationId: found.organisationId,
      name: found.email,
      permissions: [...ROLE_PERMISSIONS[found.role]],
      csrfToken: csrfToken(secret),
      mustChangePassword: found.mustChangePassword,
      expiresAt: found.expiresAt.toISOString(),
      cacheSeconds: CACHE_SECONDS,
    };
  }

  private async token(secret: string): Promise<VerifiedCredential> {
    const secretHash = digest(secret);
    const found = await this.database.across('token by secret', (manager) => findToken(manager, secretHash));
    const now = Date.now();
    if (!found || found.expiresAt.getTime() <= now) {
      throw new AppError('not-signed-in', 'This API token is not valid: it is unknown, revoked or expired.');
    }
    if (now - (found.lastUsedAt?.getTime() ?? 0) > TOUCH_MS) {
      await this.database.inOrganisation(found.organisationId, (manager) =>
        manager.update(ApiTokenEntity, { id: found.id }, { lastUsedAt: new Date(now) }),
      );
    }
    const ownersNow = ROLE_PERMISSIONS[found.role];
    return {
      credentialId: found.id,
      userId: found.userId,
      organisationId: found.organisationId,
      name: found.name,
      permissions: found.permissions.filter((permission) => ownersNow.includes(permission)),
      csrfToken: '',
      mustChangePassword: false,
      expiresAt: found.expiresAt.toISOString(),
      cacheSeconds: CACHE_SECONDS,
    };
  }
}
