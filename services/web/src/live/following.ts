import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { logsFollowed, outputFollowed } from '@muster/contracts';
import { Log, Periodic } from '@muster/service-kit';
import type { Followed, LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';

const AGAIN_MS = 30_000;
/** How long one word lasts: so that one of them may be lost. */
const SECONDS = 60;
/** Devices or operations in one message, as the contracts have it. */
const MOST = 500;

/**
 * Tells the service that keeps logs and output which of them are followed, so that it sends no others: at once when a
 * console begins, and again and again while it is connected. What is lost with the bus is said again when it is back.
 */
@Injectable()
export class Following implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly again: Periodic;

  constructor(
    private readonly connections: LiveConnections,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {
    const failed = (error: unknown): void => this.log.debug({ err: error }, 'what consoles follow was not told');
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

  /** What these consoles follow now, each once however many follow it. @throws AppError `unavailable` */
  private async tell(connections: Iterable<LiveConnection>): Promise<void> {
    for (const [organisationId, { devices, operations }] of followedIn(connections)) {
      for (const deviceIds of parts(devices))
        await this.bus.publish(logsFollowed, { organisationId, deviceIds, seconds: SECONDS });
      for (const operationIds of parts(operations))
        await this.bus.publish(outputFollowed, { organisationId, operationIds, seconds: SECONDS });
    }
  }
}

function followedIn(connections: Iterable<LiveConnection>): Map<string, Followed> {
  const byOrganisation = new Map<string, { devices: Set<string>; operations: Set<string> }>();
  for (const { principal, followed } of connections) {
    const all = byOrganisation.get(principal.organisationId) ?? { devices: new Set(), operations: new Set() };
    for (const id of followed.devices) all.devices.add(id);
    for (const id of followed.operations) all.operations.add(id);
    byOrganisation.set(principal.organisationId, all);
  }
  return byOrganisation;
}

function* parts(ids: ReadonlySet<string>): Generator<string[]> {
  const all = [...ids];
  for (let from = 0; from < all.length; from += MOST) yield all.slice(from, from + MOST);
}
