import { Flag, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { FieldChange, PersonFact } from '../audit/action-facts';
import { type BusEvent, defineEvent } from '../wire/bus';
import type { Class } from '../schema/registry';

const fact = <T extends object>(subject: string, payload: Class<T>): BusEvent<T> =>
  defineEvent({ subject, delivery: 'durable', payload, publishers: ['key-manager'], consumers: ['audit-logs'] });

/** Somebody changed how the server sends mail. A password appears as changed or removed, never as itself. */
export class EmailSettingsChanged extends PersonFact {
  @List(nested(() => FieldChange), { max: 20 }) fields: FieldChange[];
}
export const emailSettingsChanged = fact('email-settings.changed.v1', EmailSettingsChanged);

/** Somebody had the server send a test message. */
export class EmailTested extends PersonFact {
  @Text({ max: 254 }) recipient: string;
  @Flag({ about: 'The mail server took the message.' }) sent: boolean;
  @Text({ max: 64, optional: true, about: 'What went wrong, for example certificate.' }) problem?: string;
}
export const emailTested = fact('email.tested.v1', EmailTested);

/** Somebody had mail that waits, or was given up, sent at once. */
export class EmailRetried extends PersonFact {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) count: number;
}
export const emailRetried = fact('email.retried.v1', EmailRetried);

export class InvitationFact extends PersonFact {
  @Uuid() invitationId: string;
  @Text({ max: 254 }) email: string;
  @Text({ max: 64 }) role: string;
}
/** How the link gets to the person: by mail, or handed over by the one who invites. */
export class InvitationSent extends InvitationFact {
  @OneOf(['mail', 'hand']) by: 'mail' | 'hand';
}
export const invitationCreated = fact('invitation.created.v1', InvitationSent);
export const invitationRenewed = fact('invitation.renewed.v1', InvitationSent);
export const invitationWithdrawn = fact('invitation.withdrawn.v1', InvitationFact);
export const invitationAccepted = fact('invitation.accepted.v1', InvitationFact);

/** Somebody, from this address, asked for a link that sets a new password. The actor is the person whose password it is. */
export class PasswordResetAsked extends PersonFact {
  @Uuid() userId: string;
  @Text({ max: 254 }) email: string;
}
export const passwordResetAsked = fact('password-reset.asked.v1', PasswordResetAsked);
