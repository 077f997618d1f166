import { Instant, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { defineEvent, defineRequest } from '../wire/bus';
import { REPORT_SERVICES } from '../wire/services';

/**
 * One entry of the revocation list. Every service and every open connection drops what it names within a second.
 * `user` says that rights changed (role, disabled, password): cached principals of that user are forgotten.
 */
export class Revocation {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'Grows by one with each revocation.' }) sequence: number;
  @OneOf(['device', 'certificate', 'session', 'token', 'user']) kind:
    'device' | 'certificate' | 'session' | 'token' | 'user';
  @Text({ min: 1, max: 128, about: 'Device, session, token or user id; a certificate by SHA-256 hex.' }) id: string;
  @Uuid() organisationId: string;
  @Instant() at: string;
}
export const identityRevoked = defineEvent({
  subject: 'identity.revoked.v1',
  delivery: 'ephemeral',
  payload: Revocation,
  publishers: ['key-manager'],
  consumers: ['web', 'push-broker', 'bip', 'key-manager', 'downloads', ...REPORT_SERVICES],
});

/** Each second: tells listeners that nothing was missed, or from which number on to ask. */
export class RevocationHeartbeat {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) sequence: number;
}
export const revocationHeartbeat = defineEvent({
  subject: 'identity.heartbeat.v1',
  delivery: 'ephemeral',
  payload: RevocationHeartbeat,
  publishers: ['key-manager'],
  consumers: ['web', 'push-broker', 'bip', 'downloads', ...REPORT_SERVICES],
});

/** Revocations after a number, oldest first: those that still matter (devices and certificates that could connect). */
export class ListRevocations {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) after: number;
}
export class RevocationList {
  @List(nested(() => Revocation), { max: 1000 }) revocations: Revocation[];
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Newest number of all; ask again while the list is full.' })
  sequence: number;
}
export const listRevocations = defineRequest({
  subject: 'identity.revocations.list.v1',
  server: 'key-manager',
  callers: ['web', 'push-broker', 'bip', 'downloads', ...REPORT_SERVICES],
  request: ListRevocations,
  reply: RevocationList,
});
