import { createHash, createPublicKey, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, type DeviceCertificate, renewalText, type RenewCertificate } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { readCertificateRequest } from '../authority/certificate-request';
import { DAY_MS } from '../authority/x509';
import { AddressFailures } from '../limits/address-failures';
import { DeviceCertificates } from './device-certificates';
import { DeviceEntity } from './device.entity';
import { RenewalChallenges } from './renewal-challenge';

/** How long after its certificate's end a device may still come back. */
const GRACE_MS = 365 * DAY_MS;
/** A renewal sent again within this gets the same certificate. */
const REPEATED_MS = 60_000;

/** Renewal without a valid certificate: the signature by the enrolled key is the proof. */
@Injectable()
export class Renewal {
  constructor(
    private readonly database: Database,
    private readonly challenges: RenewalChallenges,
    private readonly certificates: DeviceCertificates,
    private readonly failures: AddressFailures,
    private readonly log: Log,
  ) {}

  /** @throws AppError `request-refused`, `certificate-refused`, `device-revoked`, `invalid-input`, `too-many-requests` */
  async renew(body: RenewCertificate, address: string): Promise<DeviceCertificate> {
    if (!this.challenges.accepts(body.challenge)) {
      throw new AppError('request-refused', 'The challenge is not one of ours or is too old. Ask for a new one.');
    }
    const device = await this.prove(body, address);
    if (device.revokedAt) {
      throw new AppError('device-revoked', 'This device was retired; its certificate is not renewed.');
    }
    const requested = await readCertificateRequest(body.certificateRequest);
    if (!requested.digest.equals(device.publicKeyDigest)) {
      throw new AppError('certificate-refused', 'The request is for another key than the one that was enrolled.');
    }
    const newest = await this.certificates.newest(device);
    if (!newest || newest.notAfter.getTime() + GRACE_MS < Date.now()) {
      throw new AppError('certificate-refused', 'The certificate expired more than a year ago. Enrol the device anew.');
    }
    const renewed = await this.certificates.renew(device, address, REPEATED_MS);
    this.log.info({ deviceId: device.id, address, notAfter: renewed.notAfter }, 'Renewed a certificate.');
    return renewed;
  }

  /** Who holds the enrolled key. An unknown device and a wrong signature look the same from outside. */
  private async prove(body: RenewCertificate, address: string): Promise<DeviceEntity> {
    const device = await this.database.across('device by id', (manager) =>
      manager.findOneBy(DeviceEntity, { id: body.deviceId }),
    );
    if (device && signedBy(device, body)) return device;
    this.log.warn({ deviceId: body.deviceId, address, known: device !== null }, 'Refused a certificate renewal.');
    const refused = new AppError('certificate-refused', 'The signature is not by the key of an enrolled device.');
    throw await this.failures.count('renewal', address, refused);
  }
}

function signedBy(device: DeviceEntity, body: RenewCertificate): boolean {
  const requestDigest = createHash('sha256').update(body.certificateRequest, 'utf8').digest('hex');
  const text = renewalText(body.deviceId, body.challenge, requestDigest);
  const key = createPublicKey({ key: device.publicKey, format: 'der', type: 'spki' });
  try {
    return verify('sha256', Buffer.from(text, 'utf8'), key, Buffer.from(body.signature, 'base64'));
  } catch {
    return false;
  }
}
