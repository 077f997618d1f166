import { Controller } from '@nestjs/common';
import { listAuditHeads, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { listHeads } from './head.queries';

@Controller()
export class HeadsController {
  constructor(private readonly database: Database) {}

  @Handles(listAuditHeads)
  list({ principal, query }: RouteCall<typeof listAuditHeads>): Promise<RouteReply<typeof listAuditHeads>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => listHeads(manager, organisationId, query));
  }
}
