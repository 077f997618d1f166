import { Controller } from '@nestjs/common';
import { askRelease, reportUpdate, type RouteCall, type RouteReply } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Offers } from './offers.service';
import { Outcomes } from './outcomes.service';

/** What devices ask and tell about releases. */
@Controller()
export class DeviceReleasesController {
  constructor(
    private readonly offers: Offers,
    private readonly outcomes: Outcomes,
  ) {}

  @Handles(askRelease)
  ask({ principal, body }: RouteCall<typeof askRelease>): Promise<RouteReply<typeof askRelease>> {
    return this.offers.ask(principal, body);
  }

  @Handles(reportUpdate)
  report({ principal, params, body }: RouteCall<typeof reportUpdate>): Promise<void> {
    return this.outcomes.take(principal, params.id, body);
  }
}
