import { Controller } from '@nestjs/common';
import { listAudit, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { AuditLogsConfig } from '../config';
import { listAuditPage } from './audit-list.queries';

@Controller()
export class AuditEntriesController {
  constructor(
    private readonly database: Database,
    private readonly config: AuditLogsConfig,
  ) {}

  @Handles(listAudit)
  list({ principal, query }: RouteCall<typeof listAudit>): Promise<RouteReply<typeof listAudit>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) =>
      listAuditPage(manager, organisationId, query, this.config.SEARCH_ENTRIES),
    );
  }
}
