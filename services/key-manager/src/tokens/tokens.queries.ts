import type { ApiToken } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface Row extends Omit<ApiToken, 'createdAt' | 'expiresAt' | 'lastUsedAt'> {
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
}

/** API tokens of the organisation, newest first; of one owner, when given. */
export async function listTokens(manager: EntityManager, ownerId?: string): Promise<ApiToken[]> {
  const rows = await manager.query<Row[]>(
    `SELECT t.id, t.name, t.owner_id AS "ownerId", u.email AS "ownerEmail", t.permissions,
            t.created_at AS "createdAt", t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt"
       FROM identity.api_tokens t
       JOIN identity.users u ON u.id = t.owner_id
      WHERE $1::uuid IS NULL OR t.owner_id = $1
      ORDER BY t.created_at DESC
      LIMIT 1000`,
    [ownerId ?? null],
  );
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString(),
  }));
}
