import { Injectable } from '@nestjs/common';
import { ConsumesEvent, ListensTo } from '@muster/bus';
import { type PresenceBatch, presenceChanged, type PresenceLease, presenceLeased } from '@muster/contracts';
import { BrokerNodes } from './broker-nodes';
import { Presences } from './presence.service';

/** What broker nodes tell. */
@Injectable()
export class PresenceConsumer {
  constructor(
    private readonly presences: Presences,
    private readonly nodes: BrokerNodes,
  ) {}

  @ConsumesEvent(presenceChanged, { batch: 50 })
  async changed(batches: PresenceBatch[]): Promise<void> {
    await this.presences.receive(batches);
  }

  @ListensTo(presenceLeased)
  async leased(lease: PresenceLease): Promise<void> {
    await this.nodes.renew(lease);
  }
}
