import type { InventorySection, SectionDigest } from '@muster/contracts';
import type { EntityManager } from 'typeorm';

interface Row {
  section: InventorySection;
  digest: string | null;
  at: Date;
}

/** What is held of a device, by section. */
export async function sectionDigests(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
): Promise<SectionDigest[]> {
  const rows: Row[] = await manager.query(
    `SELECT section, encode(digest, 'hex') AS digest, collected_at AS at FROM plugins.sections
      WHERE organisation_id = $1 AND device_id = $2 ORDER BY section`,
    [organisationId, deviceId],
  );
  return rows.map(({ section, digest, at }) => ({ section, at: at.toISOString(), ...(digest ? { digest } : {}) }));
}
