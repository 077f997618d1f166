import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { AppError, type BrokerTickets, grantBrokerTickets, GrantBrokerTickets } from '@muster/contracts';
import { Jid } from '../core/jid';
import { isDevice } from '../core/policy';
import { XmppServer } from '../core/server';
import { TicketsNode } from './tickets-node';

/** Who knows what people may do says which tool may talk to which devices. */
@Injectable()
export class TicketRequests {
  constructor(
    private readonly server: XmppServer,
    private readonly kept: TicketsNode,
  ) {}

  @HandlesRequest(grantBrokerTickets)
  async grant({ account, deviceIds, seconds }: GrantBrokerTickets): Promise<BrokerTickets> {
    const { domain, tickets } = this.server;
    const tool = Jid.parse(`${account}@${domain}`);
    if (!tool || isDevice(tool)) throw new AppError('invalid-input', `${account} is not the account of a tool.`);
    const granted: BrokerTickets['tickets'] = [];
    const ids = deviceIds.map((id) => id.toLowerCase());
    for (const deviceId of ids) {
      if (seconds === 0) tickets.withdraw(tool.local, deviceId);
      else {
        const ends = tickets.grant(tool.local, deviceId, Date.now() + seconds * 1000);
        if (ends !== undefined) granted.push({ deviceId, expiresAt: new Date(ends).toISOString() });
      }
    }
    await this.kept.changed(tool.local, ids);
    return { tickets: granted };
  }
}
