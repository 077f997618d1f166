import { Controller } from '@nestjs/common';
import {
  listDeviceSoftware,
  listSoftware,
  readSoftwareVersions,
  type RouteCall,
  type RouteReply,
  searchSoftware,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { deviceSoftware } from './device-software.queries';
import { listProducts, productVersions } from './products.queries';
import { searchInstallations } from './software-search.queries';

@Controller()
export class SoftwareController {
  constructor(private readonly database: Database) {}

  @Handles(listDeviceSoftware)
  ofDevice({
    principal: { organisationId },
    params,
    query,
  }: RouteCall<typeof listDeviceSoftware>): Promise<RouteReply<typeof listDeviceSoftware>> {
    return this.database.inOrganisation(organisationId, (manager) =>
      deviceSoftware(manager, organisationId, params.id, query),
    );
  }

  @Handles(listSoftware)
  ofFleet({
    principal: { organisationId },
    query,
  }: RouteCall<typeof listSoftware>): Promise<RouteReply<typeof listSoftware>> {
    return this.database.inOrganisation(organisationId, (manager) => listProducts(manager, organisationId, query));
  }

  @Handles(readSoftwareVersions)
  versions({
    principal: { organisationId },
    query,
  }: RouteCall<typeof readSoftwareVersions>): Promise<RouteReply<typeof readSoftwareVersions>> {
    return this.database.inOrganisation(organisationId, (manager) => productVersions(manager, organisationId, query));
  }

  @Handles(searchSoftware)
  search({
    principal: { organisationId },
    query,
  }: RouteCall<typeof searchSoftware>): Promise<RouteReply<typeof searchSoftware>> {
    return this.database.inOrganisation(organisationId, (manager) =>
      searchInstallations(manager, organisationId, query),
    );
  }
}
