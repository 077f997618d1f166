import { EmailHealth } from './queue/email-health';
import { EmailQueue } from './queue/email-queue';
import { EmailSender } from './queue/email-sender';
import { EmailWorker } from './queue/email-worker';
import { InvitationAcceptance } from './invitations/invitation-acceptance';
import { InvitationController } from './invitations/invitation.controller';
import { InvitationLinks } from './invitations/invitation-links';
import { Invitations } from './invitations/invitations';
import { Links } from './links';
import { PasswordReset } from './password-reset/password-reset';
import { PasswordResetController } from './password-reset/password-reset.controller';
import { ResetLimits } from './password-reset/reset-limits';
import { ResetRequests } from './password-reset/reset-requests';
import { EmailActions } from './settings/email-actions';
import { EmailOverview } from './settings/email-overview';
import { EmailController } from './settings/email.controller';
import { EmailSettingsStore } from './settings/email-settings';
import { Mailer } from './settings/mailer';
import { SendingRecord } from './settings/sending-record';

/** What the application is composed of for mail: how it is sent, what waits, and what its links lead to. */
export const EMAIL_CONTROLLERS = [EmailController, InvitationController, PasswordResetController];
export const EMAIL_PROVIDERS = [
  ...[EmailSettingsStore, SendingRecord, Mailer, EmailActions, EmailOverview],
  ...[EmailQueue, EmailSender, EmailWorker, EmailHealth],
  ...[Links, InvitationLinks, Invitations, InvitationAcceptance],
  ...[ResetLimits, ResetRequests, PasswordReset],
];
