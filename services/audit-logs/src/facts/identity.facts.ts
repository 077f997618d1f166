import {
  type ApiTokenFact,
  apiTokenCreated,
  apiTokenRevoked,
  type AuditTarget,
  certificateRenewed,
  enrolmentRefused,
  passwordChanged,
  type RegistrationKeyFact,
  registrationKeyCreated,
  registrationKeyRevoked,
  sessionBegan,
  sessionEnded,
  signInRefused,
  userChanged,
  userCreated,
  userDeleted,
  type UserFact,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { changes, fact, type FactMapping } from './fact-mapping';

const user = ({ userId, email }: { userId: string; email: string }): AuditTarget => ({
  kind: 'user',
  id: userId,
  name: email,
});
const userDetails = ({ name, role }: UserFact) => detailsOf({ name, role });
const token = ({ tokenId, name }: ApiTokenFact): AuditTarget => ({ kind: 'api-token', id: tokenId, name });
const key = ({ registrationKeyId, name }: RegistrationKeyFact): AuditTarget => ({
  kind: 'registration-key',
  id: registrationKeyId,
  name,
});

export const IDENTITY_FACTS: readonly FactMapping[] = [
  fact(sessionBegan, {
    target: ({ sessionId }) => ({ kind: 'session', id: sessionId }),
    details: ({ userAgent }) => detailsOf({ userAgent }),
  }),
  fact(signInRefused, {
    actor: ({ email, address }) => ({ kind: 'person', name: email, address }),
    target: ({ email }) => ({ kind: 'user', name: email }),
    details: ({ reason }) => detailsOf({ reason }),
    outcome: 'refused',
  }),
  fact(sessionEnded, {
    target: ({ sessionId, email }) => ({ kind: 'session', id: sessionId, name: email }),
    details: ({ userId }) => detailsOf({ userId }),
  }),
  fact(passwordChanged, { target: user, details: ({ reset, byLink }) => detailsOf({ oneTime: reset, byLink }) }),
  fact(userCreated, { target: user, details: userDetails }),
  fact(userChanged, { target: user, details: ({ fields }) => changes(fields) }),
  fact(userDeleted, { target: user, details: userDetails }),
  fact(apiTokenCreated, { target: token }),
  fact(apiTokenRevoked, { target: token }),
  fact(registrationKeyCreated, { target: key }),
  fact(registrationKeyRevoked, { target: key }),
  fact(enrolmentRefused, {
    actor: ({ address }) => ({ kind: 'device', name: 'unknown', address }),
    target: ({ registrationKeyId: id }) => ({ kind: 'registration-key', ...(id === undefined ? {} : { id }) }),
    details: ({ reason, count }) => detailsOf({ reason, count }),
    outcome: 'refused',
  }),
  fact(certificateRenewed, {
    actor: ({ deviceId, address }) => ({ kind: 'device', id: deviceId, address }),
    target: ({ deviceId }) => ({ kind: 'device', id: deviceId }),
    details: ({ notAfter }) => detailsOf({ notAfter }),
  }),
];
