import { Instant, List, nested, Text, uuid, Uuid, Whole } from '../schema/fields';
import { defineRequest } from '../wire/bus';

/** Lets one tool, an integrator's program or a technician's, talk to these devices over XMPP, and them to it. */
export class GrantBrokerTickets {
  @Text({ min: 1, max: 1023, about: "Localpart of the tool's account." }) account: string;
  @List(uuid(), { min: 1, max: 1000 }) deviceIds: string[];
  @Whole({ min: 0, max: 31_536_000, about: 'From now; replaces what is left of an earlier ticket, 0 takes it back.' })
  seconds: number;
}
export class BrokerTicket {
  @Uuid() deviceId: string;
  @Instant({ about: 'The broker may grant less than was asked for.' }) expiresAt: string;
}
export class BrokerTickets {
  @List(nested(() => BrokerTicket), { max: 1000, about: 'None for a device when the broker holds as many as it may.' })
  tickets: BrokerTicket[];
}
/** Tickets are gone when the broker restarts: who granted them grants them again. */
export const grantBrokerTickets = defineRequest({
  subject: 'broker.tickets.grant.v1',
  server: 'push-broker',
  callers: ['web'],
  request: GrantBrokerTickets,
  reply: BrokerTickets,
});
