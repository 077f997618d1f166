import { Controller } from '@nestjs/common';
import { appendOutput, type RouteCall, type RouteReply, sync } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { OutputService } from './output.service';
import { SyncService } from './sync.service';

@Controller()
export class SyncController {
  constructor(
    private readonly syncs: SyncService,
    private readonly outputs: OutputService,
  ) {}

  @Handles(sync)
  sync({ principal, body }: RouteCall<typeof sync>): Promise<RouteReply<typeof sync>> {
    return this.syncs.sync(principal, body);
  }

  @Handles(appendOutput)
  append({ principal, params, body }: RouteCall<typeof appendOutput>): Promise<void> {
    return this.outputs.append(principal, params.id, body);
  }
}
