import type { Database } from '@muster/database';

/** Rows removed in one transaction. */
const PORTION = 5000;

/** What is removed of a table with one row for each device. */
export interface OldRows {
  table: 'rmm_logs.merged_devices' | 'rmm_logs.output_days';
  /** With `$1`. */
  condition: string;
  before: Date;
}

/**
 * Removes rows that can matter no more, of every organisation, in portions. Those that are being written stay, so that
 * nobody waits for somebody who waits. @returns how many rows went
 */
export async function removeOldRows(database: Database, { table, condition, before }: OldRows): Promise<number> {
  const organisations: Array<{ id: string }> = await database.across(`organisations with old ${table}`, (manager) =>
    manager.query(`SELECT DISTINCT organisation_id AS id FROM ${table} WHERE ${condition}`, [before]),
  );
  const sql = `DELETE FROM ${table} WHERE organisation_id = $2 AND device_id IN (
    SELECT device_id FROM ${table} WHERE organisation_id = $2 AND ${condition}
     ORDER BY device_id LIMIT ${PORTION} FOR UPDATE SKIP LOCKED)`;
  let total = 0;
  for (const { id } of organisations) {
    for (let removed = PORTION; removed === PORTION; total += removed) {
      removed = await database.inOrganisation(id, async (manager) => {
        const [, count]: [unknown, number] = await manager.query(sql, [before, id]);
        return count;
      });
    }
  }
  return total;
}
