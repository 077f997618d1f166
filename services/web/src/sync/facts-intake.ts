import { Injectable } from '@nestjs/common';
import type { DeviceFacts, Principal } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { describeDevice } from '../devices/device-description';
import { saveFacts } from '../devices/device-facts';
import { LiveEvents } from '../live/live-events';

/** Takes what devices say about themselves. */
@Injectable()
export class FactsIntake {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly live: LiveEvents,
  ) {}

  async take({ organisationId, id }: Principal, facts: DeviceFacts): Promise<void> {
    await this.database.inOrganisation(organisationId, async (manager) => {
      const differs = await saveFacts(manager, organisationId, id, facts);
      if (differs) await describeDevice(manager, this.outbox, organisationId, id);
    });
    this.live.deviceChanged(organisationId, [id]);
  }
}
