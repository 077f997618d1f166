import type { AuditForwarding, AuditForwardingState } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface ForwardingRecord {
  enabled: boolean;
  host: string;
  port: number;
  anchors: string | null;
  problem: string | null;
  forwarded_to: string;
  last_number: string;
}

/** The setting and how far forwarding has come. */
export async function forwardingState(manager: EntityManager, organisationId: string): Promise<AuditForwardingState> {
  const [row]: ForwardingRecord[] = await manager.query(
    `SELECT f.enabled, f.host, f.port, f.anchors, f.problem, f.forwarded_to::text AS forwarded_to,
            COALESCE(c.last_number, 0)::text AS last_number
       FROM audit.forwarding f LEFT JOIN audit.chains c USING (organisation_id) WHERE organisation_id = $1`,
    [organisationId],
  );
  if (!row) return { enabled: false, host: '', port: 6514, forwardedTo: 0, waiting: 0 };
  const forwardedTo = Number(row.forwarded_to);
  return {
    enabled: row.enabled,
    host: row.host,
    port: row.port,
    ...(row.anchors === null ? {} : { anchors: row.anchors }),
    forwardedTo,
    waiting: row.enabled ? Math.max(0, Number(row.last_number) - forwardedTo) : 0,
    ...(row.problem === null || !row.enabled ? {} : { problem: row.problem }),
  };
}

/**
 * Stores the setting. It begins after the newest entry, unless it was on already and the receiver stays the same: then
 * what waits is not lost.
 */
export async function storeForwarding(
  manager: EntityManager,
  organisationId: string,
  { enabled, host, port, anchors }: AuditForwarding,
): Promise<void> {
  await manager.query(
    `INSERT INTO audit.forwarding AS f (organisation_id, enabled, host, port, anchors, forwarded_to)
     SELECT $1, $2, $3, $4, $5, COALESCE((SELECT last_number FROM audit.chains WHERE organisation_id = $1), 0)
     ON CONFLICT (organisation_id) DO UPDATE SET
       enabled = excluded.enabled, host = excluded.host, port = excluded.port, anchors = excluded.anchors,
       forwarded_to = CASE WHEN f.enabled AND f.host = excluded.host AND f.port = excluded.port
                           THEN f.forwarded_to ELSE excluded.forwarded_to END,
       revision = f.revision + 1, problem = NULL, failures = 0, retry_at = now(), holder = NULL, held_until = NULL`,
    [organisationId, enabled, host, port, anchors ?? null],
  );
}

/** Work that one instance has taken for a while. */
export interface Held {
  organisationId: string;
  revision: number;
  host: string;
  port: number;
  anchors: string | null;
  forwardedTo: number;
}

/** Organisations with entries to forward, that nobody else is at. */
export async function organisationsToForward(manager: EntityManager, holder: string): Promise<string[]> {
  const rows: Array<{ organisation_id: string }> = await manager.query(
    `SELECT f.organisation_id FROM audit.forwarding f JOIN audit.chains c USING (organisation_id)
      WHERE f.enabled AND c.last_number > f.forwarded_to AND f.retry_at <= now()
        AND (f.held_until IS NULL OR f.held_until < now() OR f.holder = $1)`,
    [holder],
  );
  return rows.map((row) => row.organisation_id);
}

/** Takes or extends the work for `seconds`; undefined when another instance is at it, or there is none. */
export async function hold(
  manager: EntityManager,
  organisationId: string,
  holder: string,
  seconds: number,
): Promise<Held | undefined> {
  const [rows]: [Array<Omit<Held, 'organisationId' | 'forwardedTo'> & { forwarded_to: string }>, number] =
    await manager.query(
      `UPDATE audit.forwarding SET holder = $2, held_until = now() + make_interval(secs => $3)
        WHERE organisation_id = $1 AND enabled AND retry_at <= now()
          AND (held_until IS NULL OR held_until < now() OR holder = $2)
        RETURNING revision, host, port, anchors, forwarded_to::text AS forwarded_to`,
      [organisationId, holder, seconds],
    );
  const [row] = rows;
  if (!row) return undefined;
  const { forwarded_to: forwardedTo, ...rest } = row;
  return { ...rest, organisationId, forwardedTo: Number(forwardedTo) };
}

/** Notes how far it got; false when the work is no longer this instance's, or the setting has changed. */
export async function advance(manager: EntityManager, held: Held, holder: string, to: number): Promise<boolean> {
  const [, changed]: [unknown, number] = await manager.query(
    `UPDATE audit.forwarding SET forwarded_to = $4, problem = NULL, failures = 0
      WHERE organisation_id = $1 AND holder = $2 AND revision = $3`,
    [held.organisationId, holder, held.revision, to],
  );
  return changed > 0;
}

/** Lets go, with the reason and a pause that doubles with each failure in a row. */
export async function fail(
  manager: EntityManager,
  held: Held,
  holder: string,
  problem: string,
  longestPause: number,
): Promise<void> {
  await manager.query(
    `UPDATE audit.forwarding SET problem = $4, failures = failures + 1, holder = NULL, held_until = NULL,
            retry_at = now() + make_interval(secs => LEAST($5, power(2, LEAST(failures, 20))))
      WHERE organisation_id = $1 AND holder = $2 AND revision = $3`,
    [held.organisationId, holder, held.revision, problem.slice(0, 1000), longestPause],
  );
}

export async function release(manager: EntityManager, held: Held, holder: string): Promise<void> {
  await manager.query(
    'UPDATE audit.forwarding SET holder = NULL, held_until = NULL WHERE organisation_id = $1 AND holder = $2',
    [held.organisationId, holder],
  );
}
