import type { Invitation } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface Row extends Omit<Invitation, 'invitedAt' | 'expiresAt' | 'problem'> {
  invitedAt: Date;
  expiresAt: Date;
  problem: Invitation['problem'] | null;
}

/** Invitations of the organisation that nobody accepted, newest first, with what became of their mail; or one of them. */
export async function listInvitations(manager: EntityManager, id?: string): Promise<Invitation[]> {
  const rows = await manager.query<Row[]>(
    `SELECT i.id, i.email, i.name, i.role, i.invited_by AS "invitedBy", i.invited_at AS "invitedAt",
            i.expires_at AS "expiresAt", m.problem,
            CASE WHEN m.state = 'waiting' THEN 'waiting' WHEN m.state = 'given-up' THEN 'failed'
                 WHEN i.sent_at IS NOT NULL THEN 'sent' ELSE 'hand' END AS delivery
       FROM identity.invitations i
       LEFT JOIN identity.email_messages m ON m.organisation_id = i.organisation_id AND m.subject_id = i.id
      WHERE $1::uuid IS NULL OR i.id = $1
      ORDER BY i.invited_at DESC, i.id
      LIMIT 1000`,
    [id ?? null],
  );
  return rows.map(({ invitedAt, expiresAt, problem, ...row }) => ({
    ...row,
    ...{ invitedAt: invitedAt.toISOString(), expiresAt: expiresAt.toISOString() },
    ...(problem === null ? {} : { problem }),
  }));
}
