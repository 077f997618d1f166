import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Presence } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { WebConfig } from '../config';
import { LiveEvents } from '../live/live-events';
import { derivePresence, lockDevices } from './derived-presence';

/** How long contacts are collected before they are written, in milliseconds. */
const COLLECT_MS = 1_000;
const MOST_REMEMBERED = 200_000;

interface Contact {
  at: number;
  address: string;
}

/**
 * The other half of presence: when a device was last heard of, by any authenticated request. Collected and written set
 * by set, at most once per device in `CONTACT_SECONDS` by each process.
 */
@Injectable()
export class Contacts implements BeforeApplicationShutdown {
  private collected = new Map<string, Map<string, Contact>>();
  private readonly writtenAt = new Map<string, number>();
  private timer?: NodeJS.Timeout;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly live: LiveEvents,
    private readonly config: WebConfig,
    private readonly log: Log,
  ) {}

  /** Notes a contact. Costs nothing but memory; never throws. */
  heardFrom(organisationId: string, deviceId: string, address: string): void {
    const now = Date.now();
    if (now - (this.writtenAt.get(deviceId) ?? 0) < this.config.CONTACT_SECONDS * 1000) return;
    if (this.writtenAt.size >= MOST_REMEMBERED) this.writtenAt.clear();
    this.writtenAt.set(deviceId, now);
    const contacts = this.collected.get(organisationId) ?? new Map<string, Contact>();
    this.collected.set(organisationId, contacts.set(deviceId, { at: now, address }));
    this.timer ??= setTimeout(() => void this.flush(), COLLECT_MS);
  }

  /** Writes what is collected. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.collected;
    this.collected = new Map();
    this.writing = this.writing.then(() => this.writeAll(batch));
    return this.writing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  private async writeAll(batch: ReadonlyMap<string, ReadonlyMap<string, Contact>>): Promise<void> {
    for (const [organisationId, contacts] of batch) {
      try {
        this.live.deviceChanged(organisationId, await this.write(organisationId, contacts));
      } catch (error) {
        // The next contact is written instead; forgetting the time makes it the very next one.
        for (const deviceId of contacts.keys()) this.writtenAt.delete(deviceId);
        this.log.warn({ err: error, contacts: contacts.size }, 'Contacts of devices were not written.');
      }
    }
  }

  /** @returns ids of the devices whose presence is another one now */
  private write(organisationId: string, contacts: ReadonlyMap<string, Contact>): Promise<string[]> {
    const ids = [...contacts.keys()].sort();
    const ages = ids.map((id) => (Date.now() - (contacts.get(id)?.at ?? 0)) / 1000);
    const addresses = ids.map((id) => contacts.get(id)?.address ?? '');
    return this.database.inOrganisation(organisationId, async (manager) => {
      await lockDevices(manager, organisationId, ids);
      const [heard]: [Array<{ id: string; presence: Presence }>, number] = await manager.query(
        `UPDATE core.devices d
            SET last_contact_at = now() - make_interval(secs => c.age),
                address = coalesce(nullif(c.address, ''), d.address)
           FROM unnest($2::uuid[], $3::float8[], $4::text[]) AS c(id, age, address)
          WHERE d.organisation_id = $1 AND d.id = c.id AND d.retired_at IS NULL
            AND d.last_contact_at < now() - make_interval(secs => c.age)
          RETURNING d.id, d.presence`,
        [organisationId, ids, ages, addresses],
      );
      return derivePresence(
        manager,
        organisationId,
        heard.filter((row) => row.presence === 'unknown' || row.presence === 'offline').map((row) => row.id),
        this.config.PRESENCE_POLLING_SECONDS,
      );
    });
  }
}
