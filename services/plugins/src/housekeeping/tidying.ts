import type { Database } from '@muster/database';

/** Titles removed in one transaction. */
const PORTION = 5000;

async function organisationsWith(database: Database, name: string, condition: string): Promise<string[]> {
  const rows: Array<{ id: string }> = await database.across(name, (manager) =>
    manager.query(`SELECT DISTINCT organisation_id AS id FROM ${condition}`),
  );
  return rows.map(({ id }) => id);
}

/** Forgets reports that count as lost. */
export async function tidyWaiting(database: Database, minutes: number): Promise<void> {
  const lost = `plugins.waiting WHERE taken_at < now() - make_interval(mins => ${minutes})`;
  for (const id of await organisationsWith(database, 'organisations with reports that count as lost', lost)) {
    await database.inOrganisation(id, (manager) => manager.query(`DELETE FROM ${lost} AND organisation_id = $1`, [id]));
  }
}

/**
 * Removes titles and products that are installed nowhere. What a transaction is about to count is either locked by it, and
 * skipped here, or it notices that the title is gone and begins again (see `InstallationCounts`).
 */
export async function tidyCatalogue(database: Database): Promise<void> {
  const unused = 'plugins.products WHERE installations = 0';
  const titles = 'plugins.titles WHERE installations = 0';
  const ids = new Set([
    ...(await organisationsWith(database, 'organisations with unused titles', titles)),
    ...(await organisationsWith(database, 'organisations with unused products', unused)),
  ]);
  for (const id of ids) await tidyOrganisation(database, id);
}

async function tidyOrganisation(database: Database, organisationId: string): Promise<void> {
  for (;;) {
    const removed = await database.inOrganisation(organisationId, async (manager): Promise<number> => {
      const [, count]: [unknown, number] = await manager.query(
        `DELETE FROM plugins.titles WHERE organisation_id = $1 AND id IN (
           SELECT id FROM plugins.titles WHERE organisation_id = $1 AND installations = 0
            ORDER BY id LIMIT ${PORTION} FOR UPDATE SKIP LOCKED)`,
        [organisationId],
      );
      return count;
    });
    if (removed < PORTION) break;
  }
  await database.inOrganisation(organisationId, (manager) =>
    manager.query(
      `DELETE FROM plugins.products p WHERE p.organisation_id = $1 AND p.id IN (
         SELECT id FROM plugins.products q WHERE q.organisation_id = $1 AND q.installations = 0
            AND NOT EXISTS (SELECT FROM plugins.titles t WHERE t.organisation_id = $1 AND t.product_id = q.id)
          ORDER BY id FOR UPDATE SKIP LOCKED)`,
      [organisationId],
    ),
  );
}
