import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CertifiedDevice,
  type CertifyDevice,
  type CheckRegistrationKey,
  type DeviceCertificate,
  type RegistrationGrant,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { readCertificateRequest, readPublicKey, type RequestedKey } from '../authority/certificate-request';
import { RegistrationKeyEntity } from '../registration-keys/registration-key.entity';
import { RegistrationKeys, stateOf } from '../registration-keys/registration-keys';
import { DeviceCertificates } from './device-certificates';
import { DeviceEntity } from './device.entity';
import { EnrolmentWriter } from './enrolment-writer';

/** Enrolment: a registration key and a proven public key become a device with its first certificate. */
@Injectable()
export class Enrolment {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly keys: RegistrationKeys,
    private readonly writer: EnrolmentWriter,
    private readonly certificates: DeviceCertificates,
    log: Log,
  ) {
    this.log = log.child({ part: 'enrolment' });
  }

  /** The verdict on a key and a public key; writes nothing but failures. */
  async check({ key, address, publicKey }: CheckRegistrationKey): Promise<RegistrationGrant> {
    const { digest } = readPublicKey(Buffer.from(publicKey, 'base64'));
    const { registrationKey, device } = await this.present(key, digest, address);
    return {
      registrationKeyId: registrationKey.id,
      organisationId: registrationKey.organisationId,
      groupId: registrationKey.groupId ?? undefined,
      deviceId: device?.id,
    };
  }

  /** Spends one use and issues the first certificate; asked again with the same public key, it spends nothing. */
  async certify(order: CertifyDevice): Promise<CertifiedDevice> {
    const { key, address } = order;
    const requested = await readCertificateRequest(order.certificateRequest);
    const { registrationKey, device: known } = await this.present(key, requested.digest, address);
    const certificate = known
      ? await this.certificates.currentFor(known, address)
      : ((await this.enrol(registrationKey, requested, order.proposedDeviceId, address)) ??
        (await this.repeated(key, requested, address)));
    const { id: registrationKeyId, groupId } = registrationKey;
    return { ...certificate, registrationKeyId, groupId: groupId ?? undefined };
  }

  /** Somebody enrolled this very key in the meantime: the same request twice. */
  private async repeated(key: string, requested: RequestedKey, address: string): Promise<DeviceCertificate> {
    const { device } = await this.present(key, requested.digest, address);
    if (!device) throw new AppError('conflict', 'This device is being enrolled already. Try again.');
    return this.certificates.currentFor(device, address);
  }

  /** @returns nothing when the public key has been enrolled meanwhile */
  private async enrol(
    registrationKey: RegistrationKeyEntity,
    requested: RequestedKey,
    deviceId: string,
    address: string,
  ): Promise<DeviceCertificate | undefined> {
    const { organisationId } = registrationKey;
    const device = Object.assign(new DeviceEntity(), {
      ...{ id: deviceId, organisationId, publicKey: requested.spki, publicKeyDigest: requested.digest },
      ...{ registrationKeyId: registrationKey.id, enrolledAt: new Date(), revokedAt: null, revokeReason: null },
    });
    const certificate = await this.certificates.issue(device);
    const outcome = await this.writer.write({ device, certificate: certificate.row });
    if (outcome === 'known') return undefined;
    if (outcome === 'refused') {
      await this.keys.requireActive(await this.keys.find(registrationKey.key, address), address);
      throw new AppError('conflict', 'The registration key changed meanwhile. Try again.');
    }
    this.log.info({ deviceId, organisationId, registrationKeyId: registrationKey.id, address }, 'Enrolled a device.');
    return certificate.reply;
  }

  /**
   * The registration key, and the device that has this public key already. That one may come back with the key that it
   * used even when that is spent now: it asks again because a reply was lost.
   * @throws AppError when the key is not known or not active, or the device may not have a certificate (any more)
   */
  private async present(
    key: string,
    publicKeyDigest: Buffer,
    address: string,
  ): Promise<{ registrationKey: RegistrationKeyEntity; device?: DeviceEntity }> {
    const [found, device] = await this.database.across('registration key and device by public key', async (manager) => [
      await manager.findOneBy(RegistrationKeyEntity, { key }),
      await manager.findOneBy(DeviceEntity, { publicKeyDigest }),
    ]);
    const registrationKey = await this.keys.known(found, address);
    const returning = device?.registrationKeyId === registrationKey.id && stateOf(registrationKey) === 'spent';
    if (!returning) await this.keys.requireActive(registrationKey, address);
    if (!device) return { registrationKey };
    if (device.revokedAt) {
      const sentence = 'This device was retired. Remove the agent and its key, then enrol it anew.';
      throw this.keys.refused(new AppError('device-revoked', sentence), address, registrationKey);
    }
    if (device.organisationId !== registrationKey.organisationId) {
      const sentence = 'This device belongs to another organisation. Retire it there first.';
      throw this.keys.refused(new AppError('conflict', sentence), address, registrationKey);
    }
    return { registrationKey, device };
  }
}
