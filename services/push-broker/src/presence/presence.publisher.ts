import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { presenceChanged, presenceLeased } from '@muster/contracts';
import { XmppServer } from '../core/server';
import type { Session } from '../core/session';
import { PresenceLedger } from './presence-ledger';

/** Milliseconds in which changes gather into one batch. */
const GATHER_MS = 100;
const LEASE_EVERY_MS = 2000;
const LEASE_SECONDS = 10;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Tells the suite who is connected: changes in batches, and a lease that says that this node is alive and how far it
 * has got. While NATS is away nothing is lost that matters: on its return everything is told anew.
 */
@Injectable()
export class PresencePublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private gathering?: NodeJS.Timeout;
  private leasing?: NodeJS.Timeout;

  constructor(
    private readonly server: XmppServer,
    private readonly ledger: PresenceLedger,
    private readonly bus: Bus,
  ) {
    server.events.on('online', (session) => this.online(session));
    server.events.on('offline', (session) => this.offline(session));
  }

  onApplicationBootstrap(): void {
    this.leasing = setInterval(() => void this.tell(), LEASE_EVERY_MS);
    this.bus.onReconnect(() => {
      this.ledger.retell();
      void this.tell();
    });
    void this.tell();
  }

  /** By now the streams are closed: their devices' last change is told while the bus still stands. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.leasing);
    clearTimeout(this.gathering);
    await this.tell();
  }

  private online(session: Session): void {
    const device = deviceOf(session);
    if (!device) return;
    this.ledger.online(device, session.peer.address, new Date());
    this.gather();
  }

  private offline(session: Session): void {
    const device = deviceOf(session);
    const { bare } = session.jid;
    const stillThere = this.server.sessions.of(bare).some((other) => other !== session && other.stream);
    if (!device || stillThere) return;
    this.ledger.offline(device, session.peer.address, new Date());
    this.gather();
  }

  private gather(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      void this.tell();
    }, GATHER_MS);
  }

  /** Changes first, so that the lease never promises what has not been sent. What fails goes with a later lease. */
  private async tell(): Promise<void> {
    if (!this.bus.connected) return;
    const sending = this.ledger
      .take()
      .map((batch) => this.bus.publish(presenceChanged, batch).catch(() => this.ledger.putBack(batch)));
    const lease = this.bus.publish(presenceLeased, this.ledger.lease(LEASE_SECONDS)).catch(() => undefined);
    await Promise.all([...sending, lease]);
  }
}

/** Accounts are device ids. Anything else could not be told, and one bad id would spoil its whole batch. */
const deviceOf = (session: Session): string | undefined =>
  UUID.test(session.jid.local) ? session.jid.local : undefined;
