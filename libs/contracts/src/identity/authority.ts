import { Base64, Flag, Instant, List, nested, OneOf, text, Text, Uuid, Whole } from '../schema/fields';
import { publicTo, defineRoute } from '../wire/route';
import { defineRequest } from '../wire/bus';

/** The registration key's verdict before anything is written; counts a failure against the address otherwise. */
export class CheckRegistrationKey {
  @Text({ min: 1, max: 128 }) key: string;
  @Text({ max: 64 }) address: string;
  @Base64({ max: 2048, about: "SubjectPublicKeyInfo of the device's key, DER." }) publicKey: string;
}
export class RegistrationGrant {
  @Uuid() registrationKeyId: string;
  @Uuid() organisationId: string;
  @Uuid({ optional: true, about: 'Group that the device joins.' }) groupId?: string;
  @Uuid({ optional: true, about: 'The device that already enrolled with exactly this public key.' }) deviceId?: string;
}
export const checkRegistrationKey = defineRequest({
  subject: 'registration-key.check.v1',
  server: 'key-manager',
  callers: ['web'],
  request: CheckRegistrationKey,
  reply: RegistrationGrant,
});

/** Spends one use of the key and issues the first certificate. Idempotent by public key. Refused like a check. */
export class CertifyDevice {
  @Text({ min: 1, max: 128 }) key: string;
  @Text({ max: 64 }) address: string;
  @Uuid({ about: 'Id for the device unless its public key is already known.' }) proposedDeviceId: string;
  @Text({ max: 8192, about: 'PKCS #10, PEM. Names and extensions of its own are refused.' }) certificateRequest: string;
}
export class DeviceCertificate {
  @Uuid() deviceId: string;
  @Uuid() organisationId: string;
  @Text({ max: 32_768, about: 'Leaf, issuing CA and, while a root rolls over, cross certificates; PEM.' })
  chain: string;
  @List(text({ max: 8192 }), { max: 4, about: 'Root certificates to trust, PEM; two while a root rolls over.' })
  anchors: string[];
  @Instant() notAfter: string;
  @Instant({ about: 'When the device should renew.' }) renewAfter: string;
}
/** A certificate, and what the registration key says beside it: so that one request is enough to enrol a device. */
export class CertifiedDevice extends DeviceCertificate {
  @Uuid() registrationKeyId: string;
  @Uuid({ optional: true, about: 'Group that the device joins.' }) groupId?: string;
}
export const certifyDevice = defineRequest({
  subject: 'device.certify.v1',
  server: 'key-manager',
  callers: ['web'],
  request: CertifyDevice,
  reply: CertifiedDevice,
});

/** First half of a renewal: a nonce from the server, so that a device with a wrong clock can renew too. */
export class RenewalChallenge {
  @Text({ max: 512 }) challenge: string;
}
export const challengeRenewal = defineRoute({
  service: 'key-manager',
  face: 'public',
  method: 'POST',
  path: '/renew/challenge',
  access: publicTo('a device whose certificate expired has nothing to show yet'),
  summary: 'Get a challenge to sign for certificate renewal',
  reply: RenewalChallenge,
});

/** Second half: signed by the key that was enrolled. The signature covers `muster-renew.v1`, device id, challenge and
 * the SHA-256 (hex) of the request's PEM text, joined by line feeds; ECDSA P-256 with SHA-256, ASN.1 DER, base64. */
export class RenewCertificate {
  @Uuid() deviceId: string;
  @Text({ max: 512 }) challenge: string;
  @Text({ max: 8192 }) certificateRequest: string;
  @Base64({ max: 512 }) signature: string;
}
export const renewCertificate = defineRoute({
  service: 'key-manager',
  face: 'public',
  method: 'POST',
  path: '/renew',
  access: publicTo('the signature by the enrolled key is the proof'),
  summary: 'Renew a device certificate, also up to a year after it expired',
  body: RenewCertificate,
  reply: DeviceCertificate,
});

/** Text that `RenewCertificate.signature` is made over. */
export const renewalText = (deviceId: string, challenge: string, requestSha256Hex: string): string =>
  ['muster-renew.v1', deviceId, challenge, requestSha256Hex].join('\n');

/** Signs payloads for devices after checking that this person may do this to them. All or nothing. */
export class SignOperations {
  @Text({ max: 512, about: "The person's session or token secret, as presented to the caller." }) credential: string;
  @OneOf(['operations.run', 'operations.cancel', 'devices.retire']) permission: string;
  @List(nested(() => PayloadToSign), { min: 1, max: 500 }) payloads: PayloadToSign[];
}
export class PayloadToSign {
  @Uuid() deviceId: string;
  @Text({ max: 200_000, about: 'The exact text that the device will verify; JSON of an OperationPayload.' })
  payload: string;
}
export class Signatures {
  @List(text({ max: 512 }), { max: 500, about: 'ECDSA P-256 SHA-256, DER, base64; in the order of the payloads.' })
  signatures: string[];
  @List(text({ max: 8192 }), { max: 3, about: 'Delegation: signing certificate first, PEM; the root is not included.' })
  delegation: string[];
}
export const signOperations = defineRequest({
  subject: 'operations.sign.v1',
  server: 'key-manager',
  callers: ['web'],
  request: SignOperations,
  reply: Signatures,
});

/** Signs what every device may read: the endpoint map. */
export class SignEndpointMap {
  @Text({ max: 100_000 }) payload: string;
}
export const signEndpointMap = defineRequest({
  subject: 'endpoint-map.sign.v1',
  server: 'key-manager',
  callers: ['web', 'bip'],
  request: SignEndpointMap,
  reply: Signatures,
});

/** The roots that devices and installers shall trust now. */
export class AnchorsQuery {}
export class Anchors {
  @List(text({ max: 8192 }), { max: 4 }) anchors: string[];
  @List(text({ max: 8192 }), {
    max: 16,
    optional: true,
    about: 'Roots that were replaced and have not expired: only what they signed before is still believed.',
  })
  retired?: string[];
  @List(text({ max: 8192 }), {
    max: 4,
    optional: true,
    about: 'Roots of other CAs, for certificates of servers alone.',
  })
  serverAnchors?: string[];
  @Flag({ optional: true, about: 'For certificates of servers the public roots count too.' }) publicServers?: boolean;
}
/** What a device is told of whom to accept as a server. */
export type ServerTrust = Pick<Anchors, 'anchors' | 'serverAnchors' | 'publicServers'>;

/** The part of it that goes beyond the own roots, with the fields that say something: the same text each time. */
export const otherServers = ({ serverAnchors = [], publicServers = false }: ServerTrust) => ({
  ...(serverAnchors.length > 0 ? { serverAnchors } : {}),
  ...(publicServers ? { publicServers } : {}),
});
export const listAnchors = defineRequest({
  subject: 'anchors.list.v1',
  server: 'key-manager',
  callers: ['web', 'bip', 'push-broker', 'audit-logs', 'downloads'],
  request: AnchorsQuery,
  reply: Anchors,
});

/**
 * Exact content of `/ca.crt`: every anchor in the order of `Anchors.anchors`, then those of servers, each PEM ending in
 * one line feed. Install lines carry the SHA-256 (hex) of these bytes, so whoever serves or digests the bundle must make
 * it here.
 */
export const caBundle = ({ anchors, serverAnchors = [] }: ServerTrust): string =>
  [...anchors, ...serverAnchors].map((pem) => `${pem.trim()}\n`).join('');

/**
 * What an installer may say about a registration key that somebody put into an address. Refused with `key-unknown`,
 * `key-spent`, `key-expired` or `key-revoked`; after too many unknown ones from an address with `too-many-requests`.
 */
export class DescribeRegistrationKey {
  @Text({ min: 1, max: 128 }) key: string;
  @Text({ max: 64 }) address: string;
}
export class RegistrationKeyDescription {
  @Uuid() organisationId: string;
  @Text({ max: 200 }) name: string;
}
export const describeRegistrationKey = defineRequest({
  subject: 'registration-key.describe.v1',
  server: 'key-manager',
  callers: ['bip'],
  request: DescribeRegistrationKey,
  reply: RegistrationKeyDescription,
});

/** Ends a device's right to connect, at once and everywhere. */
export class RevokeDevice {
  @Text({ max: 512 }) credential: string;
  @Uuid() deviceId: string;
  @OneOf(['retired', 'replaced', 'compromised']) reason: string;
}
export class DeviceRevoked {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) sequence: number;
}
export const revokeDevice = defineRequest({
  subject: 'device.revoke.v1',
  server: 'key-manager',
  callers: ['web'],
  request: RevokeDevice,
  reply: DeviceRevoked,
});
