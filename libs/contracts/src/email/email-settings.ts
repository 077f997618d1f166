import { Email, Flag, Instant, List, Nested, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { defineRoute, may } from '../wire/route';
import { emailRetried, emailSettingsChanged, emailTested } from './email-events';

const own = { service: 'key-manager', face: 'manager', access: may('email.manage') } as const;

/** `starttls`: the connection begins readable and must become TLS, or nothing is sent. `tls`: TLS from the first byte. */
export const EMAIL_SECURITIES = ['none', 'starttls', 'tls'] as const;
export type EmailSecurity = (typeof EMAIL_SECURITIES)[number];

/** Why a message was not sent. */
export const EMAIL_PROBLEMS = [
  'name-unknown',
  'unreachable',
  'timeout',
  'tls-not-offered',
  'tls-failed',
  'certificate',
  'sign-in-refused',
  'password-unreadable',
  'sender-refused',
  'recipient-refused',
  'message-refused',
  'not-understood',
] as const;
export type EmailProblem = (typeof EMAIL_PROBLEMS)[number];

/** A host name or an IP address, without brackets. */
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.:_-]*[A-Za-z0-9])?$/;
/** What is written into a header: no control characters, so that nothing can begin a line of its own. */
const ONE_LINE = /^[ -~\u00a0-\ud7ff\ue000-\uffff]*$/;
const CERTIFICATES = /^(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/;

class EmailServer {
  @Text({ min: 1, max: 253, pattern: HOST }) host: string;
  @Whole({ min: 1, max: 65_535 }) port: number;
  @OneOf(EMAIL_SECURITIES) security: EmailSecurity;
  @Text({ min: 1, max: 254, pattern: ONE_LINE, optional: true, about: 'User to sign in as; absent: no sign-in.' })
  user?: string;
  @Email() fromAddress: string;
  @Text({ max: 200, pattern: ONE_LINE, about: 'Name beside the address; may be empty.' }) fromName: string;
  @Text({
    max: 65_536,
    pattern: CERTIFICATES,
    optional: true,
    about: 'Authorities, PEM, to trust beside the public ones when the mail server proves who it is.',
  })
  trustedCertificates?: string;
}

/** How the last message went, whoever asked for it. */
export class EmailSending {
  @Instant() at: string;
  @Flag() sent: boolean;
  @OneOf(EMAIL_PROBLEMS, { optional: true }) problem?: EmailProblem;
  @Text({ max: 2000, optional: true, about: 'The problem in words, and what to do.' }) explanation?: string;
  @Text({ max: 2000, optional: true, about: "The mail server's own words." }) reply?: string;
}
/** Without the password, which is never given back. */
export class EmailSettings extends EmailServer {
  @Flag() hasPassword: boolean;
  @Instant() changedAt: string;
  @Text({ max: 255 }) changedBy: string;
}
export class EmailState {
  @Nested(() => EmailSettings, { optional: true, about: 'Absent: this server sends no mail.' })
  settings?: EmailSettings;
  @Nested(() => EmailSending, { optional: true }) lastSending?: EmailSending;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Messages that wait to be sent.' }) waiting: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Messages that were given up.' }) givenUp: number;
}
export const readEmailSettings = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/email/settings',
  summary: 'How the server sends mail; for owners of the default organisation',
  reply: EmailState,
});

export class SaveEmailSettings extends EmailServer {
  @Text({
    min: 1,
    max: 500,
    optional: true,
    about: 'Absent: as before, which only works while server, TLS and user stay the same.',
  })
  password?: string;
}
export const saveEmailSettings = defineRoute({
  ...own,
  method: 'PUT',
  path: '/auth/email/settings',
  summary: 'Set how the server sends mail; what waits is tried again at once',
  body: SaveEmailSettings,
  reply: EmailState,
  causes: [emailSettingsChanged],
});
export const removeEmailSettings = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/email/settings',
  summary: 'Send no mail any more; the password is forgotten',
  causes: [emailSettingsChanged],
});

export class TestEmail {
  @Email() recipient: string;
}
export const testEmail = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/email/test',
  summary: 'Send a test message now, as the settings say, and tell what the mail server answered',
  body: TestEmail,
  reply: EmailSending,
  causes: [emailTested],
});

/** A message on its way, or given up. What it says is not shown: it holds a link for its recipient only. */
export class EmailMessage {
  @Uuid() id: string;
  @Uuid() organisationId: string;
  @OneOf(['invitation', 'password-reset']) kind: 'invitation' | 'password-reset';
  @Text({ max: 254 }) recipient: string;
  @OneOf(['waiting', 'given-up']) state: 'waiting' | 'given-up';
  @Whole({ min: 0, max: 100_000 }) attempts: number;
  @Instant() queuedAt: string;
  @Instant({ optional: true, about: 'When it is tried next.' }) nextAt?: string;
  @OneOf(EMAIL_PROBLEMS, { optional: true }) problem?: EmailProblem;
  @Text({ max: 2000, optional: true }) reply?: string;
}
export class EmailMessageList {
  @List(nested(() => EmailMessage), { max: 1000 }) messages: EmailMessage[];
}
export const listEmailMessages = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/email/messages',
  summary: 'Messages of all organisations that wait or were given up, oldest first',
  reply: EmailMessageList,
  list: 'messages',
});
export class RetriedEmails {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) count: number;
}
export const retryEmails = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/email/retry',
  summary: 'Send what waits or was given up at once, where its link still holds',
  reply: RetriedEmails,
  causes: [emailRetried],
});
