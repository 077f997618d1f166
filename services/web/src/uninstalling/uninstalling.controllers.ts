import { Controller } from '@nestjs/common';
import {
  askUninstall,
  changeUninstallPolicy,
  readUninstallPolicy,
  readUninstallToken,
  type RouteCall,
  type RouteReply,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Uninstalling } from './uninstalling.service';

/** What people decide about it. */
@Controller()
export class UninstallPolicyController {
  constructor(private readonly uninstalling: Uninstalling) {}

  @Handles(readUninstallPolicy)
  read({ principal }: RouteCall<typeof readUninstallPolicy>): Promise<RouteReply<typeof readUninstallPolicy>> {
    return this.uninstalling.policy(principal.organisationId);
  }

  @Handles(changeUninstallPolicy)
  change(call: RouteCall<typeof changeUninstallPolicy>): Promise<RouteReply<typeof changeUninstallPolicy>> {
    return this.uninstalling.change(call, call.body);
  }

  @Handles(readUninstallToken)
  token({ principal, params }: RouteCall<typeof readUninstallToken>): Promise<RouteReply<typeof readUninstallToken>> {
    return this.uninstalling.token(principal.organisationId, params.id);
  }
}

/** What devices ask. */
@Controller()
export class UninstallController {
  constructor(private readonly uninstalling: Uninstalling) {}

  @Handles(askUninstall)
  async ask(call: RouteCall<typeof askUninstall>): Promise<void> {
    await this.uninstalling.ask(call, call.body.token);
  }
}
