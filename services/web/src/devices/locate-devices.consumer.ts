import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { type DeviceHomes, locateDevices, type LocateDevices } from '@muster/contracts';
import { Directory } from './device-directory';

/** Tells the services that know only the id in a certificate to which organisation a device belongs. */
@Injectable()
export class LocateDevicesConsumer {
  constructor(private readonly directory: Directory) {}

  @HandlesRequest(locateDevices)
  async locate({ deviceIds }: LocateDevices): Promise<DeviceHomes> {
    const found = await this.directory.organisationsOf(deviceIds.map((id) => id.toLowerCase()));
    return { homes: [...found].map(([deviceId, organisationId]) => ({ deviceId, organisationId })) };
  }
}
