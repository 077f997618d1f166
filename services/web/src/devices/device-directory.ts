import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';

/** Milliseconds that an answer is believed. Retirement reaches guards sooner, by the revocation of the device. */
const KNOWN_FOR = 60_000;
/** Short, because a device may ask for something in the very second in which it enrols. */
const UNKNOWN_FOR = 1_000;
const MOST_ENTRIES = 200_000;

interface Entry {
  organisationId: string | undefined;
  until: number;
}

/** Which organisation a device belongs to, for whoever knows only the id in a certificate or a broker's message. */
@Injectable()
export class Directory {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly database: Database) {}

  async organisationOf(deviceId: string): Promise<{ organisationId: string } | undefined> {
    const organisationId = (await this.organisationsOf([deviceId])).get(deviceId);
    return organisationId === undefined ? undefined : { organisationId };
  }

  /** Organisations of the devices that are known and not retired, by device id. */
  async organisationsOf(deviceIds: readonly string[]): Promise<Map<string, string>> {
    const now = Date.now();
    const found = new Map<string, string>();
    const missing: string[] = [];
    for (const id of deviceIds) {
      const entry = this.entries.get(id);
      if (!entry || entry.until <= now) missing.push(id);
      else if (entry.organisationId !== undefined) found.set(id, entry.organisationId);
    }
    if (missing.length > 0)
      for (const [id, organisationId] of await this.load(missing, now)) found.set(id, organisationId);
    return found;
  }

  /** Forgets a device whose membership changed here just now. */
  forget(deviceId: string): void {
    this.entries.delete(deviceId);
  }

  private async load(deviceIds: readonly string[], now: number): Promise<Array<[string, string]>> {
    const rows = await this.database.across('organisations of devices', (manager) =>
      manager.query<Array<{ id: string; organisation_id: string }>>(
        'SELECT id, organisation_id FROM core.devices WHERE id = ANY($1::uuid[]) AND retired_at IS NULL',
        [deviceIds],
      ),
    );
    if (this.entries.size + deviceIds.length > MOST_ENTRIES) this.entries.clear();
    for (const id of deviceIds) this.entries.set(id, { organisationId: undefined, until: now + UNKNOWN_FOR });
    return rows.map(({ id, organisation_id: organisationId }) => {
      this.entries.set(id, { organisationId, until: now + KNOWN_FOR });
      return [id, organisationId];
    });
  }
}
