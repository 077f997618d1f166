import { type DeviceFacts, shape, DeviceFacts as Facts } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Stores what a device says about itself and keeps the columns of its list row equal to it.
 * @returns whether name, platform or operating system are other ones now, which other services show, too
 */
export async function saveFacts(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  facts: DeviceFacts,
): Promise<boolean> {
  const [saved]: [Array<{ differs: boolean }>, number] = await manager.query(
    `UPDATE core.devices d
        SET host_name = $3, name = coalesce(nullif(d.given_name, ''), $3), platform = $4, os_name = $5,
            agent_version = $6, user_name = $7, facts_at = now()
       FROM (SELECT name, platform, os_name FROM core.devices
              WHERE organisation_id = $1 AND id = $2 FOR NO KEY UPDATE) was
      WHERE d.organisation_id = $1 AND d.id = $2
      RETURNING (was.name, was.platform, was.os_name) IS DISTINCT FROM (d.name, d.platform, d.os_name) AS differs`,
    [organisationId, deviceId, facts.hostName, facts.platform, facts.osName, facts.agentVersion, facts.user ?? null],
  );
  await manager.query(
    `INSERT INTO core.device_facts (organisation_id, device_id, facts) VALUES ($1, $2, $3)
     ON CONFLICT (organisation_id, device_id) DO UPDATE SET facts = excluded.facts`,
    [organisationId, deviceId, JSON.stringify(shape(Facts, facts))],
  );
  return saved[0]?.differs ?? false;
}
