import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { AppError, type BrokerTickets, grantBrokerTickets, GrantBrokerTickets } from '@muster/contracts';
import { Jid } from '../core/jid';
import { isDevice } from '../core/policy';
import { XmppServer } from '../core/server';

/** Who knows what people may do says which tool may talk to which devices. */
@Injectable()
export class TicketRequests {
  constructor(private readonly server: XmppServer) {}

  @HandlesRequest(grantBrokerTickets)
  async grant({ account, deviceIds, seconds }: GrantBrokerTickets): Promise<BrokerTickets> {
    const { domain, tickets } = this.server;
    const tool = Jid.parse(`${account}@${domain}`);
    if (!tool || isDevice(tool)) throw new AppError('invalid-input', `${account} is not the account of a tool.`);
    const granted: BrokerTickets['tickets'] = [];
    for (const deviceId of deviceIds.map((id) => id.toLowerCase())) {
      if (seconds === 0) tickets.withdraw(tool.local, deviceId);
      else {
        const ends = tickets.grant(tool.local, deviceId, Date.now() + seconds * 1000);
        if (ends !== undefined) granted.push({ deviceId, expiresAt: new Date(ends).toISOString() });
      }
    }
    return { tickets: granted };
  }
}
