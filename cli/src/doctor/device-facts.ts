import { CliError, EXIT } from '../core/exit-codes';
import type { DatabaseFacts } from '../checks/database';

/** What the databases know about one device. */
export interface DeviceFacts {
  id: string;
  name: string;
  presence: string;
  presenceAt: Date;
  lastContactAt: Date;
  address: string | null;
  agentVersion: string;
  retiredAt: Date | null;
  mergedInto: string | null;
  revokedAt: Date | null;
  revokeReason: string | null;
  certificateEnds: Date | null;
  node: string | null;
  nodeConnected: boolean | null;
  nodeChangedAt: Date | null;
  nodeLapsedAt: Date | null;
  /** Brokers that report at this moment, whichever they are. */
  brokers: number;
  waiting: number;
  oldestWaiting: Date | null;
  /** Devices of the same organisation that were last seen from the same address, and how many of them are online. */
  neighbours: number;
  neighboursOnline: number;
}

const FACTS = `
  SELECT d.id, d.name, d.presence, d.presence_at AS "presenceAt", d.last_contact_at AS "lastContactAt", d.address,
         d.agent_version AS "agentVersion", d.retired_at AS "retiredAt", d.merged_into AS "mergedInto",
         i.revoked_at AS "revokedAt", i.revoke_reason AS "revokeReason", c.not_after AS "certificateEnds",
         n.node, n.connected AS "nodeConnected", n.changed_at AS "nodeChangedAt", n.lapsed_at AS "nodeLapsedAt",
         (SELECT count(*)::int FROM core.broker_nodes WHERE lapsed_at IS NULL) AS brokers,
         o.waiting, o.oldest AS "oldestWaiting", b.neighbours, b.online AS "neighboursOnline"
    FROM core.devices d
    LEFT JOIN identity.devices i ON i.organisation_id = d.organisation_id AND i.id = d.id
    LEFT JOIN LATERAL (
      SELECT max(not_after) AS not_after FROM identity.certificates c
       WHERE c.organisation_id = d.organisation_id AND c.device_id = d.id) c ON true
    LEFT JOIN LATERAL (
      SELECT k.node, k.connected, k.changed_at, m.lapsed_at
        FROM core.device_connections k LEFT JOIN core.broker_nodes m ON m.node = k.node
       WHERE k.organisation_id = d.organisation_id AND k.device_id = d.id
       ORDER BY k.connected DESC, k.changed_at DESC LIMIT 1) n ON true
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS waiting, min(p.created_at) AS oldest FROM core.operations p
       WHERE p.organisation_id = d.organisation_id AND p.device_id = d.id
         AND p.state IN ('PENDING', 'NOTIFIED', 'NOT_NOW', 'IN_PROGRESS')) o
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS neighbours, (count(*) FILTER (WHERE e.presence = 'online'))::int AS online
        FROM core.devices e
       WHERE e.organisation_id = d.organisation_id AND e.address = d.address AND e.id <> d.id
         AND e.retired_at IS NULL) b
   WHERE d.id::text = $1 OR lower(d.name) = lower($1) OR lower(d.host_name) = lower($1)
   ORDER BY d.retired_at NULLS FIRST, d.name LIMIT 20`;

/** Devices by id, name or host name; living ones first. @throws CliError when there is none */
export async function findDevices(facts: DatabaseFacts, name: string): Promise<DeviceFacts[]> {
  const found = await facts.rows<DeviceFacts>(FACTS, [name]);
  if (found.length > 0) return found;
  const near = await facts.rows<{ name: string }>(
    `SELECT DISTINCT name FROM core.devices WHERE strpos(search_text, lower($1)) > 0 AND retired_at IS NULL ORDER BY name LIMIT 5`,
    [name],
  );
  const hint =
    near.length > 0 ? `Did you mean ${near.map((one) => one.name).join(', ')}?` : 'Give its name, host name or id.';
  throw new CliError(EXIT.missing, `There is no device "${name}".`, hint);
}
