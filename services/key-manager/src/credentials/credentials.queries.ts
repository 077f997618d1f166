import type { Permission, Role } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface Owner {
  userId: string;
  organisationId: string;
  email: string;
  role: Role;
}
export interface PresentedSession extends Owner {
  id: string;
  lastSeenAt: Date;
  expiresAt: Date;
  mustChangePassword: boolean;
}
export interface PresentedToken extends Owner {
  id: string;
  name: string;
  permissions: Permission[];
  expiresAt: Date;
  lastUsedAt: Date | null;
}

/** A session with its user, unless that user is disabled or gone. */
export async function findSession(manager: EntityManager, secretHash: Buffer): Promise<PresentedSession | undefined> {
  const [row] = await manager.query<PresentedSession[]>(
    `SELECT s.id, s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt", u.id AS "userId",
            u.organisation_id AS "organisationId", u.email, u.role, u.must_change_password AS "mustChangePassword"
       FROM identity.sessions s
       JOIN identity.users u ON u.id = s.user_id AND u.organisation_id = s.organisation_id
      WHERE s.secret_hash = $1 AND NOT u.disabled`,
    [secretHash],
  );
  return row;
}

/** A token with its owner, unless that user is disabled or gone. */
export async function findToken(manager: EntityManager, secretHash: Buffer): Promise<PresentedToken | undefined> {
  const [row] = await manager.query<PresentedToken[]>(
    `SELECT t.id, t.name, t.permissions, t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt",
            u.id AS "userId", u.organisation_id AS "organisationId", u.email, u.role
       FROM identity.api_tokens t
       JOIN identity.users u ON u.id = t.owner_id AND u.organisation_id = t.organisation_id
      WHERE t.secret_hash = $1 AND NOT u.disabled`,
    [secretHash],
  );
  return row;
}
