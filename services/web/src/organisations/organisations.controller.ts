import { Controller } from '@nestjs/common';
import { createOrganisation, listOrganisations, type RouteCall, type RouteReply } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Organisations } from './organisations.service';

@Controller()
export class OrganisationsController {
  constructor(private readonly organisations: Organisations) {}

  @Handles(listOrganisations)
  list({ principal }: RouteCall<typeof listOrganisations>): Promise<RouteReply<typeof listOrganisations>> {
    return this.organisations.list(principal);
  }

  @Handles(createOrganisation)
  create(call: RouteCall<typeof createOrganisation>): Promise<RouteReply<typeof createOrganisation>> {
    return this.organisations.create(call, call.body);
  }
}
