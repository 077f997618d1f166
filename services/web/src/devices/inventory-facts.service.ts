import { Injectable } from '@nestjs/common';
import type { InventoryFacts } from '@muster/contracts';
import { Database } from '@muster/database';
import { LiveEvents } from '../live/live-events';

/** Keeps what lists show of inventories. */
@Injectable()
export class InventoryFactsKeeper {
  constructor(
    private readonly database: Database,
    private readonly live: LiveEvents,
  ) {}

  /** Takes facts in any order, also again: of each device the newest stay. Retired and unknown devices are left out. */
  async take(facts: readonly InventoryFacts[]): Promise<void> {
    for (const [organisationId, newest] of newestPerDevice(facts)) {
      const changed = await this.database.inOrganisation(organisationId, (manager) =>
        manager.query<Array<{ device_id: string }>>(UPSERT, [organisationId, JSON.stringify(newest)]),
      );
      this.live.deviceChanged(
        organisationId,
        changed.map((row) => row.device_id),
      );
    }
  }
}

/** Facts by organisation, one of each device, in the order of the ids: so no two writers wait for each other. */
function newestPerDevice(facts: readonly InventoryFacts[]): Map<string, InventoryFacts[]> {
  const newest = new Map<string, InventoryFacts>();
  for (const fact of facts) {
    const known = newest.get(fact.deviceId);
    if (!known || Date.parse(known.at) <= Date.parse(fact.at)) newest.set(fact.deviceId, fact);
  }
  const groups = new Map<string, InventoryFacts[]>();
  for (const fact of [...newest.values()].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1))) {
    const group = groups.get(fact.organisationId);
    if (group) group.push(fact);
    else groups.set(fact.organisationId, [fact]);
  }
  return groups;
}

const UPSERT = `
  INSERT INTO core.device_inventory AS held (organisation_id, device_id, at, manufacturer, model, manufacturer_key,
    model_key, serial_number, encryption, antivirus, last_user, software_count)
  SELECT $1, f."deviceId", f.at, f.manufacturer, f.model, lower(coalesce(f.manufacturer, '')),
         lower(coalesce(f.model, '')), f."serialNumber", f.encryption, f.antivirus, f."lastUser", f."softwareCount"
    FROM jsonb_to_recordset($2::jsonb)
      AS f("deviceId" uuid, at timestamptz, manufacturer text, model text, "serialNumber" text, encryption text,
           antivirus text, "lastUser" text, "softwareCount" integer)
    JOIN core.devices d ON d.organisation_id = $1 AND d.id = f."deviceId" AND d.retired_at IS NULL
   ORDER BY f."deviceId"
  ON CONFLICT (organisation_id, device_id) DO UPDATE
     SET at = excluded.at, manufacturer = excluded.manufacturer, model = excluded.model,
         manufacturer_key = excluded.manufacturer_key, model_key = excluded.model_key,
         serial_number = excluded.serial_number, encryption = excluded.encryption, antivirus = excluded.antivirus,
         last_user = excluded.last_user, software_count = excluded.software_count
   WHERE held.at <= excluded.at
  RETURNING device_id`;
