import {
  type AuditTarget,
  emailRetried,
  emailSettingsChanged,
  emailTested,
  invitationAccepted,
  invitationCreated,
  type InvitationFact,
  invitationRenewed,
  type InvitationSent,
  invitationWithdrawn,
  passwordResetAsked,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { changes, fact, type FactMapping } from './fact-mapping';

const invitation = ({ invitationId, email }: InvitationFact): AuditTarget => ({
  kind: 'invitation',
  id: invitationId,
  name: email,
});
const sent = { target: invitation, details: ({ role, by }: InvitationSent) => detailsOf({ role, by }) };
const ended = { target: invitation, details: ({ role }: InvitationFact) => detailsOf({ role }) };

/** Mail that the server sends, and what people do by the links in it. */
export const EMAIL_FACTS: readonly FactMapping[] = [
  fact(emailSettingsChanged, { target: () => ({ kind: 'email-settings' }), details: ({ fields }) => changes(fields) }),
  fact(emailTested, {
    target: ({ recipient }) => ({ kind: 'email-settings', name: recipient }),
    details: ({ problem }) => detailsOf({ problem }),
    outcome: ({ sent }) => (sent ? 'done' : 'failed'),
  }),
  fact(emailRetried, { target: () => ({ kind: 'email-settings' }), details: ({ count }) => detailsOf({ count }) }),
  fact(invitationCreated, sent),
  fact(invitationRenewed, sent),
  fact(invitationWithdrawn, ended),
  fact(invitationAccepted, ended),
  fact(passwordResetAsked, { target: ({ userId, email }) => ({ kind: 'user', id: userId, name: email }) }),
];
