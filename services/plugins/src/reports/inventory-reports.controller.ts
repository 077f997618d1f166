import { Controller } from '@nestjs/common';
import { readInventoryDigests, reportInventory, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { PluginsConfig } from '../config';
import { sectionDigests } from './digests.queries';
import { InventoryIntake } from './inventory-intake';
import { hasWaiting } from './waiting.store';

/** What devices talk to. */
@Controller()
export class InventoryReportsController {
  constructor(
    private readonly intake: InventoryIntake,
    private readonly database: Database,
    private readonly config: PluginsConfig,
  ) {}

  @Handles(reportInventory)
  report(call: RouteCall<typeof reportInventory>): Promise<RouteReply<typeof reportInventory>> {
    return this.intake.take(call);
  }

  @Handles(readInventoryDigests)
  digests({ principal }: RouteCall<typeof readInventoryDigests>): Promise<RouteReply<typeof readInventoryDigests>> {
    const { id, organisationId } = principal;
    return this.database.inOrganisation(organisationId, async (manager) => ({
      sections: await sectionDigests(manager, organisationId, id),
      pending: await hasWaiting(manager, organisationId, id, this.config.PENDING_MINUTES),
      collectSeconds: this.config.COLLECT_SECONDS,
    }));
  }
}
