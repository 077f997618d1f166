import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { type DeviceHomes, type LocateDevices, locateDevices } from '@muster/contracts';

/** Says where devices belong, as `web` does. */
@Injectable()
export class DirectoryDouble {
  /** Organisation by device id. */
  readonly homes = new Map<string, string>();

  @HandlesRequest(locateDevices)
  async locate({ deviceIds }: LocateDevices): Promise<DeviceHomes> {
    const homes = deviceIds.flatMap((deviceId) => {
      const organisationId = this.homes.get(deviceId);
      return organisationId ? [{ deviceId, organisationId }] : [];
    });
    return { homes };
  }
}
