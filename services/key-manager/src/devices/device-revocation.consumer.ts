import { Injectable } from '@nestjs/common';
import { ConsumesEvent, HandlesRequest } from '@muster/bus';
import {
  AppError,
  type DeviceRetired,
  deviceRetired,
  type DeviceRevoked,
  revokeDevice,
  type RevokeDevice,
} from '@muster/contracts';
import { Credentials } from '../credentials/credentials';
import { DeviceRevocation } from './device-revocation';

/** Revocation of devices: on behalf of a person, and after the fact when a device was retired. */
@Injectable()
export class DeviceRevocationConsumer {
  constructor(
    private readonly credentials: Credentials,
    private readonly devices: DeviceRevocation,
  ) {}

  @HandlesRequest(revokeDevice)
  async revoke({ credential, deviceId, reason }: RevokeDevice): Promise<DeviceRevoked> {
    const by = await this.credentials.authorise(credential, 'devices.retire');
    return { sequence: await this.devices.revoke(by.organisationId, deviceId, reason) };
  }

  /** A retirement whose own request was lost still ends the device's right to connect. */
  @ConsumesEvent(deviceRetired, { batch: 50 })
  async retired(events: DeviceRetired[]): Promise<void> {
    for (const { organisationId, deviceId } of events) {
      await this.devices.revoke(organisationId, deviceId, 'retired').catch((error: unknown) => {
        // Nothing was ever issued to it here, so there is nothing to take back.
        if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
      });
    }
  }
}
