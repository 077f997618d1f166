import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import { devicesWoken, type WakeHint } from '@muster/contracts';

/** Takes hints for devices, as the push broker does with every device connected. */
@Injectable()
export class BrokerDouble {
  /** Device ids in the order in which they were told of a release. */
  readonly told: string[] = [];
  onHint: (deviceId: string) => void = () => undefined;

  @ListensTo(devicesWoken)
  woken({ deviceIds, about }: WakeHint): void {
    if (about !== 'release') throw new Error(`downloads woke devices for ${about}`);
    this.told.push(...deviceIds);
    for (const deviceId of deviceIds) this.onHint(deviceId);
  }
}
