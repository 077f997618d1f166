import type { PresenceChange } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { derivePresence, lockDevices } from './derived-presence';

/** Where a set of changes comes from. */
export interface Origin {
  node: string;
  epoch: number;
  /**
   * `event`: something happened, so an older or equal number is a repetition. `snapshot`: what is so now; with an equal
   * number it corrects what was concluded here while the node was out of reach.
   */
  kind: 'event' | 'snapshot';
}

/**
 * Applies changes of one node to devices of one organisation, at most one change per device. Idempotent, in any order:
 * of a node the newest `(epoch, sequence)` wins.
 * @returns ids of the devices whose presence is another one now
 */
export async function applyChanges(
  manager: EntityManager,
  organisationId: string,
  { node, epoch, kind }: Origin,
  changes: readonly PresenceChange[],
  pollingSeconds: number,
): Promise<string[]> {
  const ids = changes.map((change) => change.deviceId);
  await lockDevices(manager, organisationId, ids);
  const newer = kind === 'event' ? '<' : '<=';
  await manager.query(
    `WITH written AS (
       INSERT INTO core.device_connections AS c (organisation_id, device_id, node, epoch, sequence, connected)
       SELECT $1, i.device_id, $2, $3, i.sequence, i.connected
         FROM unnest($4::uuid[], $5::bigint[], $6::boolean[]) AS i(device_id, sequence, connected)
         JOIN core.devices d ON d.organisation_id = $1 AND d.id = i.device_id AND d.retired_at IS NULL
       ON CONFLICT (organisation_id, device_id, node) DO UPDATE
          SET epoch = excluded.epoch, sequence = excluded.sequence, connected = excluded.connected,
              changed_at = CASE WHEN c.connected = excluded.connected THEN c.changed_at ELSE now() END
        WHERE (c.epoch, c.sequence) ${newer} (excluded.epoch, excluded.sequence)
       RETURNING device_id, connected)
     UPDATE core.devices d SET address = i.address
       FROM unnest($4::uuid[], $7::text[]) AS i(device_id, address) JOIN written USING (device_id)
      WHERE d.organisation_id = $1 AND d.id = i.device_id AND written.connected
        AND i.address <> '' AND d.address IS DISTINCT FROM i.address`,
    [
      organisationId,
      node,
      epoch,
      ids,
      changes.map((change) => change.sequence),
      changes.map((change) => change.connected),
      changes.map((change) => change.address),
    ],
  );
  return derivePresence(manager, organisationId, ids, pollingSeconds);
}

/** Newest change per device: earlier ones in the same batch say nothing that still matters. */
export function newestOf(changes: readonly PresenceChange[]): PresenceChange[] {
  const newest = new Map<string, PresenceChange>();
  for (const change of changes) {
    const other = newest.get(change.deviceId);
    if (!other || other.sequence < change.sequence) newest.set(change.deviceId, change);
  }
  return [...newest.values()];
}
