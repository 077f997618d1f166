import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, HandlesRequest } from '@muster/bus';
import { type ListRevocations, listRevocations, revocationHeartbeat, type RevocationList } from '@muster/contracts';
import { Log, Periodic } from '@muster/service-kit';
import { Revocations } from './revocations';

const HEARTBEAT_MS = 1000;

/** Lets every service keep a complete list: answers what was missed, and says each second what the newest number is. */
@Injectable()
export class RevocationsConsumer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly heartbeat: Periodic;

  constructor(
    private readonly revocations: Revocations,
    private readonly bus: Bus,
    log: Log,
  ) {
    this.heartbeat = new Periodic(
      HEARTBEAT_MS,
      () => this.beat(),
      (error) => log.debug({ err: error }, 'No heartbeat now.'),
    );
  }

  onApplicationBootstrap(): void {
    this.heartbeat.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.heartbeat.stop();
  }

  @HandlesRequest(listRevocations)
  list(query: ListRevocations): Promise<RevocationList> {
    return this.revocations.after(query.after);
  }

  private async beat(): Promise<void> {
    if (!this.bus.connected) return;
    await this.bus.publish(revocationHeartbeat, { sequence: await this.revocations.newest() });
  }
}
