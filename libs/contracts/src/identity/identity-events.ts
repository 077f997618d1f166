import { Flag, Instant, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { ActionFact, FieldChange, PersonFact } from '../audit/action-facts';
import { type BusEvent, defineEvent } from '../wire/bus';
import type { ServiceName } from '../wire/services';
import type { Class } from '../schema/registry';

const fact = <T extends object>(
  subject: string,
  payload: Class<T>,
  consumers: readonly ServiceName[] = ['audit-logs'],
): BusEvent<T> => defineEvent({ subject, delivery: 'durable', payload, publishers: ['key-manager'], consumers });

export class SessionBegan extends PersonFact {
  @Uuid() sessionId: string;
  @Text({ max: 512 }) userAgent: string;
}
export const sessionBegan = fact('session.began.v1', SessionBegan);

/** A sign-in that failed. For an address that nobody has, in the default organisation. */
export class SignInRefused extends ActionFact {
  @Text({ max: 254 }) email: string;
  @Text({ max: 64 }) address: string;
  @OneOf(['unknown-user', 'wrong-password', 'disabled', 'locked-out'])
  reason: 'unknown-user' | 'wrong-password' | 'disabled' | 'locked-out';
}
export const signInRefused = fact('session.refused.v1', SignInRefused);

export class SessionEnded extends PersonFact {
  @Uuid() sessionId: string;
  @Uuid() userId: string;
  @Text({ max: 254 }) email: string;
}
export const sessionEnded = fact('session.ended.v1', SessionEnded);

export class PasswordChanged extends PersonFact {
  @Uuid() userId: string;
  @Text({ max: 254 }) email: string;
  @Flag({ about: 'Somebody else set a one-time password.' }) reset: boolean;
  @Flag({ optional: true, about: 'By a link that was sent by mail, without the old password.' }) byLink?: boolean;
}
export const passwordChanged = fact('password.changed.v1', PasswordChanged);

export class UserFact extends PersonFact {
  @Uuid() userId: string;
  @Text({ max: 254 }) email: string;
  @Text({ max: 200 }) name: string;
  @Text({ max: 64 }) role: string;
}
export const userCreated = fact('user.created.v1', UserFact);
export class UserChanged extends UserFact {
  @List(nested(() => FieldChange), { max: 20 }) fields: FieldChange[];
}
export const userChanged = fact('user.changed.v1', UserChanged);
export const userDeleted = fact('user.deleted.v1', UserFact, ['audit-logs', 'web']);

export class ApiTokenFact extends PersonFact {
  @Uuid() tokenId: string;
  @Text({ max: 200 }) name: string;
}
export const apiTokenCreated = fact('api-token.created.v1', ApiTokenFact);
export const apiTokenRevoked = fact('api-token.revoked.v1', ApiTokenFact);

export class RegistrationKeyFact extends PersonFact {
  @Uuid() registrationKeyId: string;
  @Text({ max: 200 }) name: string;
}
export const registrationKeyCreated = fact('registration-key.created.v1', RegistrationKeyFact);
export const registrationKeyRevoked = fact('registration-key.revoked.v1', RegistrationKeyFact);

/** A device renewed its certificate. */
export class CertificateRenewed extends ActionFact {
  @Uuid() deviceId: string;
  @Text({ max: 64 }) address: string;
  @Instant() notAfter: string;
}
export const certificateRenewed = fact('certificate.renewed.v1', CertificateRenewed);

/**
 * Somebody showed a registration key, for enrolling a device or getting an installer, and was refused: `count` times for
 * this reason, from this network, within a minute or so. With an unknown key in the default organisation.
 */
export class EnrolmentRefused extends ActionFact {
  @Text({ max: 64, about: 'IPv4 address or IPv6 /64; `several` for what one minute has no room for.' }) address: string;
  @Text({ max: 64, about: 'Code of the refusal, for example key-revoked.' }) reason: string;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) count: number;
  @Uuid({ optional: true }) registrationKeyId?: string;
}
export const enrolmentRefused = fact('enrolment.refused.v1', EnrolmentRefused);

/** A certificate of the authority came into use or went out of it. In the default organisation, the operator's. */
export class AuthorityChanged extends ActionFact {
  @Text({ max: 64, about: '`root`, `cross`, or the part that it is for: `issuing/devices`, `signing/operation` …' })
  part: string;
  @OneOf(['added', 'removed']) change: 'added' | 'removed';
  @Text({ max: 64, about: 'SHA-256 of the certificate, hex.' }) fingerprint: string;
  @Instant() notAfter: string;
}
export const authorityChanged = fact('authority.changed.v1', AuthorityChanged);
