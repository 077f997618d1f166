import type { SessionSummary } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface Row extends Omit<SessionSummary, 'startedAt' | 'lastSeenAt' | 'expiresAt' | 'current'> {
  startedAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** Sessions of the organisation that are still good, last seen first. */
export async function listSessions(
  manager: EntityManager,
  filter: { seenAfter: Date; userId?: string; current: string },
): Promise<SessionSummary[]> {
  const rows = await manager.query<Row[]>(
    `SELECT s.id, s.user_id AS "userId", u.email, s.address, s.user_agent AS "userAgent",
            s.started_at AS "startedAt", s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt"
       FROM identity.sessions s
       JOIN identity.users u ON u.id = s.user_id
      WHERE s.expires_at > now() AND s.last_seen_at > $1 AND ($2::uuid IS NULL OR s.user_id = $2)
      ORDER BY s.last_seen_at DESC
      LIMIT 1000`,
    [filter.seenAfter, filter.userId ?? null],
  );
  return rows.map((row) => ({
    ...row,
    startedAt: row.startedAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    current: row.id === filter.current,
  }));
}
