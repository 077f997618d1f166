import { Controller } from '@nestjs/common';
import {
  actorOf,
  auditForwardingChanged,
  readAuditForwarding,
  type RouteCall,
  type RouteReply,
  setAuditForwarding,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { forwardingState, storeForwarding } from './forwarding.queries';
import { checkForwarding } from './forwarding-setting';

@Controller()
export class ForwardingController {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  @Handles(readAuditForwarding)
  read({ principal }: RouteCall<typeof readAuditForwarding>): Promise<RouteReply<typeof readAuditForwarding>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => forwardingState(manager, organisationId));
  }

  @Handles(setAuditForwarding)
  async set(call: RouteCall<typeof setAuditForwarding>): Promise<RouteReply<typeof setAuditForwarding>> {
    const { principal, body, address } = call;
    const { organisationId } = principal;
    checkForwarding(body);
    const { enabled, host, port } = body;
    return this.database.inOrganisation(organisationId, async (manager) => {
      await storeForwarding(manager, organisationId, body);
      const at = new Date().toISOString();
      const actor = actorOf(principal, address);
      await this.outbox.add(manager, auditForwardingChanged, { organisationId, at, actor, enabled, host, port });
      return forwardingState(manager, organisationId);
    });
  }
}
