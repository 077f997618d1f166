import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type DeviceRetired, deviceRetired } from '@muster/contracts';
import { Database } from '@muster/database';

/** What is kept to choose the devices that get a release. What became of a release on them stays with the release. */
const TABLES = ['device_agents', 'device_channels'];

/** Forgets devices that are no longer in use, retired or merged into another. */
@Injectable()
export class RetiredDevicesConsumer {
  constructor(private readonly database: Database) {}

  @ConsumesEvent(deviceRetired)
  async retired(events: DeviceRetired[]): Promise<void> {
    for (const { organisationId, deviceId } of events) {
      await this.database.inOrganisation(organisationId, async (manager) => {
        for (const table of TABLES) {
          await manager.query(`DELETE FROM downloads.${table} WHERE organisation_id = $1 AND device_id = $2`, [
            organisationId,
            deviceId,
          ]);
        }
      });
    }
  }
}
