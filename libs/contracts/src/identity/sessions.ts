import { Email, Flag, Instant, List, Nested, nested, oneOf, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { defineRequest } from '../wire/bus';
import { ById } from '../wire/page';
import { PERMISSIONS, type Permission, ROLES, type Role } from '../wire/permissions';
import { defineRoute, publicTo, signedIn, may } from '../wire/route';
import { REPORT_SERVICES } from '../wire/services';
import { passwordChanged, sessionBegan, sessionEnded } from './identity-events';

export const SESSION_COOKIE = '__Host-muster-session';
/** Every request by cookie that changes something carries this header with the token from the session's reply. */
export const CSRF_HEADER = 'x-muster-csrf';

export class SignIn {
  @Email() email: string;
  @Text({ min: 1, max: 256 }) password: string;
}
export class SessionUser {
  @Uuid() id: string;
  @Email() email: string;
  @Text({ max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
  @Uuid() organisationId: string;
}
export class Session {
  @Uuid() id: string;
  @Nested(() => SessionUser) user: SessionUser;
  @List(oneOf(PERMISSIONS), { max: 200 }) permissions: Permission[];
  @Text({ max: 128 }) csrfToken: string;
  @Flag({ about: 'Nothing but the password change works until it is done.' }) mustChangePassword: boolean;
  @Instant() expiresAt: string;
}
const own = { service: 'key-manager', face: 'manager' } as const;

export const signIn = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/session',
  access: publicTo('this is where a person proves who they are'),
  summary: 'Sign in with e-mail address and password',
  body: SignIn,
  reply: Session,
  causes: [sessionBegan],
});
export const currentSession = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/session',
  access: signedIn,
  summary: 'The current session',
  reply: Session,
  beforePasswordChange: true,
});
export const signOut = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/session',
  access: signedIn,
  summary: 'Sign out',
  beforePasswordChange: true,
  causes: [sessionEnded],
});
export class ChangePassword {
  @Text({ min: 1, max: 256 }) currentPassword: string;
  @Text({ min: 12, max: 256 }) newPassword: string;
}
export const changePassword = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/password',
  access: signedIn,
  summary: 'Change the own password; ends all other sessions',
  body: ChangePassword,
  reply: Session,
  beforePasswordChange: true,
  causes: [passwordChanged, sessionEnded, sessionBegan],
});

export class SessionSummary {
  @Uuid() id: string;
  @Uuid() userId: string;
  @Email() email: string;
  @Text({ max: 64 }) address: string;
  @Text({ max: 512 }) userAgent: string;
  @Instant() startedAt: string;
  @Instant() lastSeenAt: string;
  @Instant() expiresAt: string;
  @Flag() current: boolean;
}
export class SessionList {
  @List(nested(() => SessionSummary), { max: 1000 }) sessions: SessionSummary[];
}
export const listOwnSessions = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/sessions',
  access: signedIn,
  summary: 'Own sessions',
  reply: SessionList,
  list: 'sessions',
});
export const endOwnSession = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/sessions/:id',
  access: signedIn,
  summary: 'End one of the own sessions',
  params: ById,
  causes: [sessionEnded],
});
export const listAllSessions = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/all-sessions',
  access: may('sessions.manage'),
  summary: "Everybody's sessions in the organisation",
  reply: SessionList,
  list: 'sessions',
});
export const endAnySession = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/all-sessions/:id',
  access: may('sessions.manage'),
  summary: 'End any session of the organisation',
  params: ById,
  causes: [sessionEnded],
});

/** Asked by the guards of every service; the answer may be kept for `cacheSeconds` unless a revocation names it. */
export class VerifyCredential {
  @OneOf(['session', 'token']) kind: 'session' | 'token';
  @Text({ min: 1, max: 512 }) credential: string;
  @Text({ max: 64 }) address: string;
}
export class VerifiedCredential {
  @Uuid() credentialId: string;
  @Uuid() userId: string;
  @Uuid() organisationId: string;
  @Text({ max: 254 }) name: string;
  @List(oneOf(PERMISSIONS), { max: 200 }) permissions: Permission[];
  @Text({ max: 128, about: 'Empty for tokens: they are not sent by browsers on their own.' }) csrfToken: string;
  @Flag() mustChangePassword: boolean;
  @Instant() expiresAt: string;
  @Whole({ min: 0, max: 300 }) cacheSeconds: number;
}
export const verifyCredential = defineRequest({
  subject: 'credential.verify.v1',
  server: 'key-manager',
  callers: ['web', 'bip', 'downloads', ...REPORT_SERVICES],
  request: VerifyCredential,
  reply: VerifiedCredential,
});
