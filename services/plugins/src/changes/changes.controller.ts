import { Controller } from '@nestjs/common';
import { listInventoryChanges, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { PluginsConfig } from '../config';
import { listChanges } from './changes.queries';

@Controller()
export class ChangesController {
  constructor(
    private readonly database: Database,
    private readonly config: PluginsConfig,
  ) {}

  @Handles(listInventoryChanges)
  list({
    principal: { organisationId },
    query,
  }: RouteCall<typeof listInventoryChanges>): Promise<RouteReply<typeof listInventoryChanges>> {
    return this.database.inOrganisation(organisationId, (manager) =>
      listChanges(manager, organisationId, query, this.config.HISTORY_SCAN_ROWS),
    );
  }
}
