import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type DeviceDescribed, deviceDescribed, type DeviceRetired, deviceRetired } from '@muster/contracts';
import { Database } from '@muster/database';
import { describeDevice, retireDevice } from './devices.store';

/** What devices are called, and which are no longer in use, as `web` tells it. */
@Injectable()
export class DevicesConsumer {
  constructor(private readonly database: Database) {}

  @ConsumesEvent(deviceDescribed, { batch: 200 })
  async described(events: DeviceDescribed[]): Promise<void> {
    for (const event of events) {
      const { organisationId, deviceId } = event;
      await this.database.inOrganisation(organisationId, async (manager) => {
        await describeDevice(manager, event);
        if (event.retired) await retireDevice(manager, organisationId, deviceId, event.at);
      });
    }
  }

  @ConsumesEvent(deviceRetired)
  async retired(events: DeviceRetired[]): Promise<void> {
    for (const { organisationId, deviceId, at } of events) {
      await this.database.inOrganisation(organisationId, (manager) =>
        retireDevice(manager, organisationId, deviceId, at),
      );
    }
  }
}
