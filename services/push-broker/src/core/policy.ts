import type { AccountKind } from './accounts';
import type { Jid } from './jid';
import type { Policy } from './router';
import type { TicketBook } from './ticket-book';

/** Accounts of devices are their ids. */
const DEVICE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isDevice = ({ local }: Pick<Jid, 'local'>): boolean => DEVICE.test(local);

/**
 * Who may talk to whom: everybody to the server and to the own account; the service to all; tools to each other, and to
 * the devices that they hold a ticket for, which may answer while the ticket holds; devices never to each other.
 */
export class TicketPolicy implements Policy {
  constructor(
    private readonly domain: string,
    private readonly tickets: TicketBook,
    /** Kind of an account that is connected; undefined for one that is not. */
    private readonly kindOf: (bare: string) => AccountKind | undefined,
  ) {}

  mayReach(from: { jid: Jid; kind: AccountKind }, to: Jid): boolean {
    if (to.domain !== this.domain) return false;
    if (to.local === '' || to.bare === from.jid.bare || from.kind === 'service') return true;
    // What has an id for a name may be a device that is not connected.
    const kind = this.kindOf(to.bare) ?? (isDevice(to) ? 'device' : 'tool');
    if (kind === 'service') return true;
    if (from.kind === 'tool' && kind === 'tool') return true;
    if (from.kind === 'device') return kind === 'tool' && this.tickets.holds(to.local, from.jid.local);
    return this.tickets.holds(from.jid.local, to.local);
  }
}
