import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { logsFollowed } from '@muster/contracts';
import { Log, Periodic } from '@muster/service-kit';
import type { LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';

const AGAIN_MS = 30_000;
/** How long one word lasts: so that one of them may be lost. */
const SECONDS = 60;
/** Devices in one message, as the contract has it. */
const MOST = 500;

/**
 * Tells the service that keeps logs whose are followed, so that it sends no others: at once when a console begins, and
 * again and again while it is connected. What is lost with the bus is said again when it is back.
 */
@Injectable()
export class LogFollowing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly again: Periodic;

  constructor(
    private readonly connections: LiveConnections,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {
    const failed = (error: unknown): void => this.log.debug({ err: error }, 'whose logs are followed was not told');
    this.again = new Periodic(AGAIN_MS, () => this.tell(this.connections), failed);
    this.connections.onFollowing((connection) => void this.tell([connection]).catch(failed));
    this.bus.onReconnect(() => void this.again.run());
  }

  onApplicationBootstrap(): void {
    this.again.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.again.stop();
  }

  /** What these consoles follow now, each device once however many follow it. @throws AppError `unavailable` */
  private async tell(connections: Iterable<LiveConnection>): Promise<void> {
    for (const [organisationId, devices] of followedIn(connections)) {
      const all = [...devices];
      for (let from = 0; from < all.length; from += MOST) {
        const deviceIds = all.slice(from, from + MOST);
        await this.bus.publish(logsFollowed, { organisationId, deviceIds, seconds: SECONDS });
      }
    }
  }
}

function followedIn(connections: Iterable<LiveConnection>): Map<string, Set<string>> {
  const byOrganisation = new Map<string, Set<string>>();
  for (const { principal, followed } of connections) {
    if (followed.length === 0) continue;
    const devices = byOrganisation.get(principal.organisationId) ?? new Set();
    for (const id of followed) devices.add(id);
    byOrganisation.set(principal.organisationId, devices);
  }
  return byOrganisation;
}
