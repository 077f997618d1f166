import type { DeviceSummary, InventorySummary, Presence } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { needsAttention } from './attention';

/** Columns of a `DeviceSummary`, of `core.devices d`. */
export const summaryColumns = `
  d.id, d.name, d.host_name, d.presence, d.platform, d.os_name, d.agent_version, d.user_name,
  d.last_contact_at, d.enrolled_at, ${needsAttention} AS attention,
  (SELECT jsonb_strip_nulls(jsonb_build_object('at', i.at, 'manufacturer', i.manufacturer, 'model', i.model,
            'serialNumber', i.serial_number, 'encryption', i.encryption, 'antivirus', i.antivirus,
            'lastUser', i.last_user, 'softwareCount', i.software_count))
     FROM core.device_inventory i WHERE i.organisation_id = d.organisation_id AND i.device_id = d.id) AS inventory`;

export interface SummaryRow {
  id: string;
  name: string;
  host_name: string;
  presence: Presence;
  platform: string;
  os_name: string;
  agent_version: string;
  user_name: string | null;
  last_contact_at: Date;
  enrolled_at: Date;
  attention: boolean;
  inventory: InventorySummary | null;
}

export const summaryOf = (row: SummaryRow): DeviceSummary => ({
  id: row.id,
  name: row.name,
  hostName: row.host_name,
  presence: row.presence,
  platform: row.platform,
  osName: row.os_name,
  agentVersion: row.agent_version,
  user: row.user_name ?? undefined,
  lastContactAt: row.last_contact_at.toISOString(),
  enrolledAt: row.enrolled_at.toISOString(),
  attention: row.attention,
  inventory: row.inventory ? { ...row.inventory, at: new Date(row.inventory.at).toISOString() } : undefined,
});

/** Rows of the device list for these devices; retired and unknown ones are left out. */
export async function deviceSummaries(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<DeviceSummary[]> {
  const rows: SummaryRow[] = await manager.query(
    `SELECT ${summaryColumns} FROM core.devices d
      WHERE d.organisation_id = $1 AND d.id = ANY($2::uuid[]) AND d.retired_at IS NULL`,
    [organisationId, deviceIds],
  );
  return rows.map(summaryOf);
}
