import type { EntityManager } from 'typeorm';

/**
 * Presence follows from facts, and this is the one place that says how:
 *
 * - `online`: a node whose lease holds has it connected;
 * - `unknown`: the node that had it connected is out of reach, and the device has not been heard of since;
 * - `polling`: not connected, but heard of since it was, within `pollingSeconds`;
 * - `offline`: none of these.
 *
 * Call it after the facts changed, in the same transaction and after `lockDevices`: the rows of two nodes about one
 * device are then seen by whoever comes second.
 *
 * @returns ids of the devices whose presence is another one now
 */
export async function derivePresence(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
  pollingSeconds: number,
): Promise<string[]> {
  const [changed]: [Array<{ id: string }>, number] = await manager.query(
    `UPDATE core.devices d SET presence = derived.presence, presence_at = now()
       FROM (
         SELECT d.id,
                CASE
                   WHEN c.live THEN 'online'
                   WHEN d.last_contact_at <= c.lapsed_at THEN 'unknown'
                   WHEN d.last_contact_at > now() - make_interval(secs => $3)
                    AND (c.disconnected_at IS NULL OR d.last_contact_at > c.disconnected_at) THEN 'polling'
                   ELSE 'offline'
                 END AS presence
           FROM core.devices d
           CROSS JOIN LATERAL (
             SELECT bool_or(c.connected AND n.node IS NOT NULL AND n.lapsed_at IS NULL) AS live,
                    max(n.lapsed_at) FILTER (WHERE c.connected) AS lapsed_at,
                    max(c.changed_at) FILTER (WHERE NOT c.connected) AS disconnected_at
               FROM core.device_connections c LEFT JOIN core.broker_nodes n ON n.node = c.node
              WHERE c.organisation_id = d.organisation_id AND c.device_id = d.id) c
          WHERE d.organisation_id = $1 AND d.id = ANY($2::uuid[]) AND d.retired_at IS NULL) derived
      WHERE d.organisation_id = $1 AND d.id = derived.id AND d.presence <> derived.presence
      RETURNING d.id`,
    [organisationId, deviceIds, pollingSeconds],
  );
  return changed.map((row) => row.id);
}

/** Locks the rows in one order, so that overlapping batches wait for each other instead of deadlocking. */
export async function lockDevices(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<void> {
  await manager.query(
    `SELECT FROM core.devices WHERE organisation_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
    [organisationId, deviceIds],
  );
}
