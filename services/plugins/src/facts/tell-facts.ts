import { inventoryFactsChanged } from '@muster/contracts';
import type { Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import type { ToldFacts } from '../devices/device.entity';
import type { StoredItem } from '../sections/section.entity';
import { FACT_SECTIONS, type FactSection, factsOf, type KnownSection } from './facts';

interface Row {
  deviceId: string;
  section: FactSection;
  items: StoredItem[];
  itemCount: number;
  partial: boolean;
}

/**
 * Tells the facts of these devices where they are others than those told last. Sections count once they were whole, the
 * number of programs while it is not in between two parts of a report.
 */
export async function tellFacts(
  manager: EntityManager,
  outbox: Outbox,
  organisationId: string,
  deviceIds: readonly string[],
  at: Date,
): Promise<void> {
  if (deviceIds.length === 0) return;
  const rows: Row[] = await manager.query(
    `SELECT device_id AS "deviceId", section, items, item_count AS "itemCount",
            unreadable <> '[]'::jsonb AS partial
       FROM plugins.sections
      WHERE organisation_id = $1 AND device_id = ANY($2::uuid[]) AND section = ANY($3::text[])
        AND complete AND (section <> 'software' OR series IS NULL)`,
    [organisationId, deviceIds, FACT_SECTIONS],
  );
  const told: Array<{ id: string; facts: ToldFacts | null }> = await manager.query(
    `SELECT id, facts FROM plugins.devices WHERE organisation_id = $1 AND id = ANY($2::uuid[]) AND retired_at IS NULL ORDER BY id`,
    [organisationId, deviceIds],
  );
  for (const { id: deviceId, facts: before } of told) {
    const own = rows.filter((row) => row.deviceId === deviceId);
    const sections: Partial<Record<FactSection, KnownSection>> = Object.fromEntries(
      own.map((row) => [row.section, row]),
    );
    const facts = factsOf(sections);
    if (!sections.software && before) facts.softwareCount = before.softwareCount;
    if (before && sameFacts(before, facts)) continue;
    await manager.query(`UPDATE plugins.devices SET facts = $3 WHERE organisation_id = $1 AND id = $2`, [
      organisationId,
      deviceId,
      JSON.stringify(facts),
    ]);
    await outbox.add(manager, inventoryFactsChanged, { organisationId, deviceId, at: at.toISOString(), ...facts });
  }
}

function sameFacts(a: ToldFacts, b: ToldFacts): boolean {
  const sorted = (facts: ToldFacts): string => JSON.stringify(Object.entries(facts).toSorted());
  return sorted(a) === sorted(b);
}
