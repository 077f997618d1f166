import type { Database } from '../database';
import { identifier } from '../identifier';

/** The spools of a device that reports were taken of, in lower case. */
export async function knownSpools(
  database: Database,
  schema: string,
  organisationId: string,
  deviceId: string,
): Promise<string[]> {
  const rows: Array<{ spool: string }> = await database.inOrganisation(organisationId, (manager) =>
    manager.query(`SELECT spool FROM ${identifier(schema)}.receipts WHERE organisation_id = $1 AND device_id = $2`, [
      organisationId,
      deviceId,
    ]),
  );
  return rows.map(({ spool }) => spool);
}
