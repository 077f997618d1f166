import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  type CertifiedDevice,
  certifyDevice,
  type CertifyDevice,
  type CreateOrganisationOwner,
  createOrganisationOwner,
  type ErrorCode,
  listAnchors,
  type RegistrationGrant,
  revokeDevice,
  type RevokeDevice,
  ROLE_PERMISSIONS,
  type SignEndpointMap,
  signEndpointMap,
  signOperations,
  type SignOperations,
} from '@muster/contracts';
import { PeopleDouble } from '@muster/testing';
import { publicKeyOf } from '../enrolment/public-key';
import { selfSigned } from './certificates';

/**
 * Answers the key manager's contracts from memory, for tests of this service alone. The whole story, with the real one,
 * is tested end to end.
 */
@Injectable()
export class KeyManagerDouble extends PeopleDouble {
  /** Registration keys: what they grant, or the code that they are refused with. */
  readonly keys = new Map<string, Omit<RegistrationGrant, 'deviceId'> | ErrorCode>();
  readonly devices = new Map<string, { deviceId: string; organisationId: string }>();
  readonly owners: CreateOrganisationOwner[] = [];
  readonly revoked: RevokeDevice[] = [];
  /** Devices that a restored key manager has never heard of. */
  readonly forgotten = new Set<string>();
  readonly signing = selfSigned('endpoint map');
  private readonly key = createPrivateKey(this.signing.key);
  anchors = ['first root'];
  /** What devices accept as servers besides. */
  servers: { serverAnchors?: string[]; publicServers?: boolean } = {};
  /** Refuses to make owners while true. */
  refusesOwners = false;
  /** Refuses to sign operations while true. */
  refusesSigning = false;

  @HandlesRequest(certifyDevice)
  async certify({ key, certificateRequest, proposedDeviceId }: CertifyDevice): Promise<CertifiedDevice> {
    const { organisationId, registrationKeyId, groupId } = this.grantOf(key);
    const publicKey = publicKeyOf(certificateRequest);
    const device = this.devices.get(publicKey) ?? { deviceId: proposedDeviceId, organisationId };
    this.devices.set(publicKey, device);
    const [notAfter, renewAfter] = [90, 60].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
    const lease = { chain: 'chain', anchors: this.anchors, notAfter: notAfter ?? '', renewAfter: renewAfter ?? '' };
    return { ...device, ...lease, registrationKeyId, groupId };
  }

  @HandlesRequest(listAnchors)
  async listAnchors() {
    return { anchors: this.anchors, ...this.servers };
  }

  @HandlesRequest(signEndpointMap)
  async signMap({ payload }: SignEndpointMap) {
    return { signatures: [this.sign(payload)], delegation: [this.signing.certificate] };
  }

  @HandlesRequest(signOperations)
  async signAll({ credential, permission, payloads }: SignOperations) {
    const person = this.people.get(credential);
    const allowed = person && ROLE_PERMISSIONS[person.role].some((held) => held === permission);
    if (!allowed || this.refusesSigning) {
      throw new AppError('permission-denied', `You need the permission ${permission} for this.`);
    }
    return { signatures: payloads.map(({ payload }) => this.sign(payload)), delegation: [this.signing.certificate] };
  }

  @HandlesRequest(revokeDevice)
  async revoke(revocation: RevokeDevice) {
    const person = this.people.get(revocation.credential);
    if (!person || !ROLE_PERMISSIONS[person.role].includes('devices.retire')) {
      throw new AppError('permission-denied', 'You need the permission devices.retire for this.');
    }
    if (this.forgotten.has(revocation.deviceId)) throw new AppError('not-found', 'There is no such device.');
    this.revoked.push(revocation);
    return { sequence: 0 };
  }

  @HandlesRequest(createOrganisationOwner)
  async createOwner(owner: CreateOrganisationOwner) {
    if (this.refusesOwners) throw new AppError('conflict', 'Somebody has this e-mail address already.');
    this.owners.push(owner);
    return { userId: randomUUID(), oneTimePassword: 'once-only-password' };
  }

  private sign(payload: string): string {
    return sign('sha256', Buffer.from(payload), this.key).toString('base64');
  }

  private grantOf(key: string): Omit<RegistrationGrant, 'deviceId'> {
    const grant = this.keys.get(key) ?? 'key-unknown';
    if (typeof grant === 'string') throw new AppError(grant, `The registration key is refused: ${grant}.`);
    return grant;
  }
}
