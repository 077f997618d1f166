import type { Database } from '../database';
import { identifier } from '../identifier';

const DAY_MS = 86_400_000;
/** Comes before every other identifier. */
const FIRST = '00000000-0000-0000-0000-000000000000';

interface Key {
  device: string;
  spool: string;
}

export interface OldReceipts {
  /** Days for which a spool is kept that nothing new came of. */
  keepDays: number;
  /** Most rows that one transaction removes; 1000 when absent. */
  batch?: number;
  now?: Date;
}

/**
 * Forgets spools that nothing new came of for long: their reports would count as new from then on, so `keepDays` must be
 * longer than a report may be old when it is taken in, and than it may wait for being stored. Rows that are being marked
 * stay. @returns how many rows went
 */
export async function removeOldReceipts(
  database: Database,
  schema: string,
  { keepDays, batch = 1000, now = new Date() }: OldReceipts,
): Promise<number> {
  const table = `${identifier(schema)}.receipts`;
  const before = new Date(now.getTime() - keepDays * DAY_MS);
  const organisations: Array<{ id: string }> = await database.across('organisations with old receipts', (manager) =>
    manager.query(`SELECT DISTINCT organisation_id AS id FROM ${table} WHERE touched_at < $1`, [before]),
  );
  let total = 0;
  for (const { id } of organisations) {
    for (let after: Key | undefined = { device: FIRST, spool: FIRST }; after;) {
      const { device, spool }: Key = after;
      const removed: Key[] = await database.inOrganisation(id, async (manager) => {
        const [rows]: [Key[]] = await manager.query(removeSql(table), [id, before, device, spool, batch]);
        return rows;
      });
      total += removed.length;
      after = removed.length < batch ? undefined : last(removed);
    }
  }
  return total;
}

/** Identifiers as texts have the order of identifiers. */
const last = (keys: readonly Key[]): Key | undefined =>
  keys.toSorted((left, right) => (left.device + left.spool < right.device + right.spool ? -1 : 1)).at(-1);

/** In the order of the key, so that no round reads again what an earlier one looked at. */
const removeSql = (table: string): string => `
  DELETE FROM ${table} WHERE organisation_id = $1 AND (device_id, spool) IN (
    SELECT device_id, spool FROM ${table}
     WHERE organisation_id = $1 AND touched_at < $2 AND (device_id, spool) > ($3, $4)
     ORDER BY device_id, spool LIMIT $5 FOR UPDATE SKIP LOCKED)
  RETURNING device_id AS device, spool`;
