import { type DeviceFacts, shape, DeviceFacts as Facts } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

/** Stores what a device says about itself and keeps the columns of its list row equal to it. */
export async function saveFacts(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  facts: DeviceFacts,
): Promise<void> {
  await manager.query(
    `UPDATE core.devices
        SET host_name = $3, name = coalesce(nullif(given_name, ''), $3), platform = $4, os_name = $5,
            agent_version = $6, user_name = $7, facts_at = now()
      WHERE organisation_id = $1 AND id = $2`,
    [organisationId, deviceId, facts.hostName, facts.platform, facts.osName, facts.agentVersion, facts.user ?? null],
  );
  await manager.query(
    `INSERT INTO core.device_facts (organisation_id, device_id, facts) VALUES ($1, $2, $3)
     ON CONFLICT (organisation_id, device_id) DO UPDATE SET facts = excluded.facts`,
    [organisationId, deviceId, JSON.stringify(shape(Facts, facts))],
  );
}
