import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import { devicesWoken, WakeHint } from '@muster/contracts';
import { XmppServer } from '../core/server';
import { MessagePush } from '../features/message-push';

/** Something waits for these devices: those that are connected here are woken. */
@Injectable()
export class WakeListener {
  constructor(
    private readonly server: XmppServer,
    private readonly push: MessagePush,
  ) {}

  @ListensTo(devicesWoken)
  woken({ deviceIds, about }: WakeHint): void {
    for (const deviceId of deviceIds) this.push.wake(`${deviceId.toLowerCase()}@${this.server.domain}`, about);
  }
}
