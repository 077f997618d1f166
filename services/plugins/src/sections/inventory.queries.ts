import type { InventorySection, InventorySectionView, Unreadable } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import type { StoredItem } from './section.entity';

/** Most items of a section in one answer, as the contract has it; `count` says how many there are. */
const MOST_ITEMS = 5000;

interface Row {
  section: InventorySection;
  at: Date;
  count: number;
  items: StoredItem[];
  unreadable: Unreadable[];
}

/** The sections of a device that came whole at least once, or in part. */
export async function inventoryOf(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
): Promise<InventorySectionView[]> {
  const rows: Row[] = await manager.query(
    `SELECT section, collected_at AS at, item_count AS count, items, unreadable FROM plugins.sections
      WHERE organisation_id = $1 AND device_id = $2 AND (complete OR item_count > 0) ORDER BY section`,
    [organisationId, deviceId],
  );
  return rows.map(({ section, at, count, items, unreadable }) => ({
    section,
    collectedAt: at.toISOString(),
    count,
    items: items.slice(0, MOST_ITEMS).map(({ digest: _, ...item }) => item),
    unreadable,
  }));
}
