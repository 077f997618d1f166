import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CertifyDevice,
  type CheckRegistrationKey,
  type DeviceCertificate,
  type RegistrationGrant,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { readCertificateRequest, readPublicKey, type RequestedKey } from '../authority/certificate-request';
import { RegistrationKeyEntity } from '../registration-keys/registration-key.entity';
import { RegistrationKeys, stateOf } from '../registration-keys/registration-keys';
import { CertificateEntity } from './certificate.entity';
import { DeviceCertificates } from './device-certificates';
import { DeviceEntity } from './device.entity';

/** Enrolment: a registration key and a proven public key become a device with its first certificate. */
@Injectable()
export class Enrolment {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly keys: RegistrationKeys,
    private readonly certificates: DeviceCertificates,
    log: Log,
  ) {
    this.log = log.child({ part: 'enrolment' });
  }

  /** The verdict on a key and a public key; writes nothing but failures. */
  async check({ key, address, publicKey }: CheckRegistrationKey): Promise<RegistrationGrant> {
    const registrationKey = await this.keys.find(key, address);
    const { digest } = readPublicKey(Buffer.from(publicKey, 'base64'));
    const device = await this.knownDevice(registrationKey, digest, address);
    return {
      registrationKeyId: registrationKey.id,
      organisationId: registrationKey.organisationId,
      groupId: registrationKey.groupId ?? undefined,
      deviceId: device?.id,
    };
  }

  /** Spends one use and issues the first certificate; asked again with the same public key, it spends nothing. */
  async certify({ key, address, proposedDeviceId, certificateRequest }: CertifyDevice): Promise<DeviceCertificate> {
    const registrationKey = await this.keys.find(key, address);
    const requested = await readCertificateRequest(certificateRequest);
    const known = await this.knownDevice(registrationKey, requested.digest, address);
    if (known) return this.certificates.currentFor(known, address);
    const made = await this.enrol(registrationKey, requested, proposedDeviceId, address);
    if (made) return made;
    // Somebody enrolled this very key in the meantime: the same request twice.
    const winner = await this.knownDevice(registrationKey, requested.digest, address);
    if (!winner) throw new AppError('conflict', 'This device is being enrolled already. Try again.');
    return this.certificates.currentFor(winner, address);
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
    const outcome = await this.database
      .inOrganisation(organisationId, async (manager) => {
        if (!(await insertDevice(manager, device))) return 'known';
        await manager.insert(CertificateEntity, certificate.row);
        // Last, since parallel enrolments with one key wait for each other from here on.
        if (!(await spend(manager, registrationKey.id))) throw new NotActive();
        return 'enrolled';
      })
      .catch((error: unknown) => {
        if (error instanceof NotActive) return 'refused';
        throw error;
      });
    if (outcome === 'known') return undefined;
    if (outcome === 'refused') {
      await this.keys.requireActive(await this.keys.find(registrationKey.key, address), address);
      throw new AppError('conflict', 'The registration key changed meanwhile. Try again.');
    }
    this.log.info({ deviceId, organisationId, registrationKeyId: registrationKey.id, address }, 'Enrolled a device.');
    return certificate.reply;
  }

  /**
   * The device that has this public key already. It may come back with the key that it used even when that is spent now:
   * it asks again because a reply was lost. @throws AppError when it may not have a certificate (any more)
   */
  private async knownDevice(
    registrationKey: RegistrationKeyEntity,
    publicKeyDigest: Buffer,
    address: string,
  ): Promise<DeviceEntity | undefined> {
    const device = await this.database.across('device by public key', (manager) =>
      manager.findOneBy(DeviceEntity, { publicKeyDigest }),
    );
    const returning = device?.registrationKeyId === registrationKey.id && stateOf(registrationKey) === 'spent';
    if (!returning) await this.keys.requireActive(registrationKey, address);
    if (!device) return undefined;
    if (device.revokedAt) {
      throw new AppError(
        'device-revoked',
        'This device was retired. Remove the agent and its key, then enrol it anew.',
      );
    }
    if (device.organisationId !== registrationKey.organisationId) {
      throw new AppError('conflict', 'This device belongs to another organisation. Retire it there first.');
    }
    return device;
  }
}

class NotActive extends Error {}

async function insertDevice(manager: EntityManager, device: DeviceEntity): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (public_key_digest) DO NOTHING RETURNING id`,
    [
      ...[device.id, device.organisationId, device.publicKey, device.publicKeyDigest],
      ...[device.registrationKeyId, device.enrolledAt],
    ],
  );
  return rows.length === 1;
}

async function spend(manager: EntityManager, registrationKeyId: string): Promise<boolean> {
  const { affected } = await manager
    .createQueryBuilder()
    .update(RegistrationKeyEntity)
    .set({ devicesEnrolled: () => 'devices_enrolled + 1' })
    .where('id = :registrationKeyId AND revoked_at IS NULL', { registrationKeyId })
    .andWhere('(expires_at IS NULL OR expires_at > now())')
    .andWhere('(device_limit IS NULL OR devices_enrolled < device_limit)')
    .execute();
  return affected === 1;
}
