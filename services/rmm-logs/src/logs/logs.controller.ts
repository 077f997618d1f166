import { Controller } from '@nestjs/common';
import { listLogs, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import * as queries from './log-list.queries';

@Controller()
export class LogsController {
  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
  ) {}

  @Handles(listLogs)
  list({ query, principal }: RouteCall<typeof listLogs>): Promise<RouteReply<typeof listLogs>> {
    const { organisationId } = principal;
    const { FLEET_LOG_HOURS: fleetHours, SEARCH_LINES: searchLines } = this.config;
    const reach = { fleetHours, searchLines };
    return this.database.inOrganisation(organisationId, (manager) =>
      queries.listLogs(manager, organisationId, query, reach),
    );
  }
}
