import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type DeviceDescribed, deviceDescribed } from '@muster/contracts';
import { Database } from '@muster/database';
import { byOrganisation } from './by-organisation';
import { DeviceNames } from './device-names';
import { instantOf } from './draft';

/** Keeps what devices are called, so that their own reports can be shown with a name. */
@Injectable()
export class DeviceNamesConsumer {
  constructor(
    private readonly database: Database,
    private readonly names: DeviceNames,
  ) {}

  @ConsumesEvent(deviceDescribed, { batch: 500 })
  async keep(described: DeviceDescribed[]): Promise<void> {
    for (const [organisationId, own] of byOrganisation(described)) {
      const dated = own.map((one) => ({ ...one, at: instantOf(one.at) }));
      await this.database.inOrganisation(organisationId, (manager) => this.names.keep(manager, organisationId, dated));
    }
  }
}
