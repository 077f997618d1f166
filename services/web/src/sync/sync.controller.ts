import { Controller } from '@nestjs/common';
import { type RouteCall, type RouteReply, sync } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { SyncService } from './sync.service';

@Controller()
export class SyncController {
  constructor(private readonly syncs: SyncService) {}

  @Handles(sync)
  sync({ principal, body }: RouteCall<typeof sync>): Promise<RouteReply<typeof sync>> {
    return this.syncs.sync(principal, body);
  }
}
