import { Controller } from '@nestjs/common';
import {
  acceptInvitation,
  type CreatedInvitation,
  createInvitation,
  type InvitationList,
  type InvitationOffer,
  listInvitations,
  lookAtInvitation,
  renewInvitation,
  type RouteCall,
  withdrawInvitation,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { EmailSettingsStore } from '../settings/email-settings';
import { InvitationAcceptance } from './invitation-acceptance';
import { Invitations } from './invitations';

/** Invitations: for who invites, and for who was invited. */
@Controller()
export class InvitationController {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly invitations: Invitations,
    private readonly acceptance: InvitationAcceptance,
  ) {}

  @Handles(listInvitations)
  async list({ principal }: RouteCall<typeof listInvitations>): Promise<InvitationList> {
    const invitations = await this.invitations.list(principal.organisationId);
    return { invitations, sendsMail: await this.settings.sendsMail() };
  }

  @Handles(createInvitation)
  create(call: RouteCall<typeof createInvitation>): Promise<CreatedInvitation> {
    return this.invitations.create(call, call.body);
  }

  @Handles(renewInvitation)
  renew(call: RouteCall<typeof renewInvitation>): Promise<CreatedInvitation> {
    return this.invitations.renew(call, call.params.id);
  }

  @Handles(withdrawInvitation)
  withdraw(call: RouteCall<typeof withdrawInvitation>): Promise<void> {
    return this.invitations.withdraw(call, call.params.id);
  }

  @Handles(lookAtInvitation)
  look({ body, address }: RouteCall<typeof lookAtInvitation>): Promise<InvitationOffer> {
    return this.acceptance.look(body.secret, address);
  }

  @Handles(acceptInvitation)
  accept({ body, address }: RouteCall<typeof acceptInvitation>): Promise<void> {
    return this.acceptance.accept(body, address);
  }
}
