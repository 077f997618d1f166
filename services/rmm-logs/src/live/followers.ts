import { Injectable } from '@nestjs/common';
import { Bus, ListensTo } from '@muster/bus';
import { type LogsFollowed, logsFollowed } from '@muster/contracts';
import { RmmLogsConfig } from '../config';
import { Leases } from './leases';

/**
 * Whose logs some console follows, as `web` says again and again. After a start, and when the bus was away, nobody has said
 * so yet: until all must have, every device counts as followed.
 */
@Injectable()
export class Followers {
  private readonly leases: Leases;

  constructor(
    bus: Bus,
    private readonly config: RmmLogsConfig,
  ) {
    this.leases = new Leases(config.FOLLOWED_DEVICES);
    this.knowNothing();
    bus.onReconnect(() => this.knowNothing());
  }

  isFollowed(organisationId: string, deviceId: string): boolean {
    return this.leases.has(`${organisationId} ${deviceId}`, performance.now());
  }

  @ListensTo(logsFollowed)
  followed({ organisationId, deviceIds, seconds }: LogsFollowed): void {
    const until = performance.now() + seconds * 1000;
    for (const deviceId of deviceIds) this.leases.take(`${organisationId} ${deviceId}`, until, performance.now());
  }

  private knowNothing(): void {
    this.leases.takeAll(performance.now() + this.config.FOLLOWERS_UNKNOWN_SECONDS * 1000);
  }
}
