import { Controller } from '@nestjs/common';
import { readInventory, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { inventoryOf } from './inventory.queries';

@Controller()
export class InventoryController {
  constructor(private readonly database: Database) {}

  @Handles(readInventory)
  read({ principal, params }: RouteCall<typeof readInventory>): Promise<RouteReply<typeof readInventory>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, async (manager) => ({
      sections: await inventoryOf(manager, organisationId, params.id),
    }));
  }
}
