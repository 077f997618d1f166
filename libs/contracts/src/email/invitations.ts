import { Email, Flag, Instant, List, nested, OneOf, Text, Uuid } from '../schema/fields';
import { userCreated } from '../identity/identity-events';
import { ById } from '../wire/page';
import { ROLES, type Role } from '../wire/permissions';
import { defineRoute, may, publicTo } from '../wire/route';
import { invitationAccepted, invitationCreated, invitationRenewed, invitationWithdrawn } from './email-events';
import { EMAIL_PROBLEMS, type EmailProblem } from './email-settings';

const own = { service: 'key-manager', face: 'manager' } as const;

/** Paths of the console that links lead to; the secret follows after `#`, which browsers send to no server. */
export const INVITATION_PAGE = '/invitation';

/** How the link travels: `sent` means that the mail server took it, `hand` that somebody saw it to pass it on. */
export const INVITATION_DELIVERIES = ['waiting', 'sent', 'failed', 'hand'] as const;
export type InvitationDelivery = (typeof INVITATION_DELIVERIES)[number];

export class Invitation {
  @Uuid() id: string;
  @Text({ max: 254 }) email: string;
  @Text({ max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
  @Text({ max: 255 }) invitedBy: string;
  @Instant({ about: 'When the newest link was made.' }) invitedAt: string;
  @Instant() expiresAt: string;
  @OneOf(INVITATION_DELIVERIES) delivery: InvitationDelivery;
  @OneOf(EMAIL_PROBLEMS, { optional: true, about: 'Of the last attempt to send it.' }) problem?: EmailProblem;
}
export class InvitationList {
  @List(nested(() => Invitation), { max: 1000 }) invitations: Invitation[];
  @Flag({ about: 'Whether this server sends mail; else who invites is shown the link.' }) sendsMail: boolean;
}
export const listInvitations = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/invitations',
  access: may('users.read'),
  summary: 'Invitations to the organisation that nobody accepted yet',
  reply: InvitationList,
  list: 'invitations',
});
export class CreateInvitation {
  @Email() email: string;
  @Text({ min: 1, max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
  @Uuid({ optional: true, about: 'Another organisation than the own; for owners of the default organisation.' })
  organisationId?: string;
}
/** With the link, shown this once, where the server sends no mail. */
export class CreatedInvitation extends Invitation {
  @Text({ max: 1000, optional: true }) link?: string;
}
export const createInvitation = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/invitations',
  access: may('users.write'),
  summary: 'Invite somebody by e-mail address; they choose their password themselves',
  body: CreateInvitation,
  reply: CreatedInvitation,
  causes: [invitationCreated],
});
export const renewInvitation = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/invitations/:id/renewal',
  access: may('users.write'),
  summary: 'Send a new link; the one before ends at once',
  params: ById,
  reply: CreatedInvitation,
  causes: [invitationRenewed],
});
export const withdrawInvitation = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/invitations/:id',
  access: may('users.write'),
  summary: 'Withdraw an invitation; its link ends at once',
  params: ById,
  causes: [invitationWithdrawn],
});

const invited = publicTo('who was invited has no account yet; the secret of the link proves them');

/** In the body, so that no log of addresses ever holds it. */
export class LinkSecret {
  @Text({ min: 20, max: 128, pattern: /^[A-Za-z0-9_-]+$/ }) secret: string;
}
export class InvitationOffer {
  @Text({ max: 254 }) email: string;
  @Text({ max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
  @Text({ max: 255 }) invitedBy: string;
  @Instant() expiresAt: string;
}
export const lookAtInvitation = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/invitation-offer',
  access: invited,
  summary: 'What an invitation offers; changes nothing',
  body: LinkSecret,
  reply: InvitationOffer,
  causes: { none: 'It only reads; the secret is in the body so that no log holds it.' },
});
export class AcceptInvitation extends LinkSecret {
  @Text({ min: 12, max: 256 }) newPassword: string;
}
export const acceptInvitation = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/invitation-acceptance',
  access: invited,
  summary: 'Accept an invitation: makes the user with this password; the link works once',
  body: AcceptInvitation,
  causes: [invitationAccepted, userCreated],
});
