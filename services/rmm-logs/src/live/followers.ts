import { Injectable } from '@nestjs/common';
import { Bus, ListensTo } from '@muster/bus';
import { type LogsFollowed, logsFollowed, type OutputFollowed, outputFollowed } from '@muster/contracts';
import { RmmLogsConfig } from '../config';
import { Leases } from './leases';

/**
 * Whose logs and which operations' output some console follows, as `web` says again and again. After a start, and when the
 * bus was away, nobody has said so yet: until all must have, everything counts as followed.
 */
@Injectable()
export class Followers {
  private readonly devices: Leases;
  private readonly operations: Leases;

  constructor(
    bus: Bus,
    private readonly config: RmmLogsConfig,
  ) {
    this.devices = new Leases(config.FOLLOWED_DEVICES);
    this.operations = new Leases(config.FOLLOWED_OPERATIONS);
    this.knowNothing();
    bus.onReconnect(() => this.knowNothing());
  }

  areLogsFollowed(organisationId: string, deviceId: string): boolean {
    return this.devices.has(`${organisationId} ${deviceId}`, performance.now());
  }

  isOutputFollowed(organisationId: string, operationId: string): boolean {
    return this.operations.has(`${organisationId} ${operationId}`, performance.now());
  }

  @ListensTo(logsFollowed)
  logsFollowed({ organisationId, deviceIds, seconds }: LogsFollowed): void {
    take(this.devices, organisationId, deviceIds, seconds);
  }

  @ListensTo(outputFollowed)
  outputFollowed({ organisationId, operationIds, seconds }: OutputFollowed): void {
    take(this.operations, organisationId, operationIds, seconds);
  }

  private knowNothing(): void {
    const until = performance.now() + this.config.FOLLOWERS_UNKNOWN_SECONDS * 1000;
    for (const leases of [this.devices, this.operations]) leases.takeAll(until);
  }
}

function take(leases: Leases, organisationId: string, ids: readonly string[], seconds: number): void {
  const now = performance.now();
  for (const id of ids) leases.take(`${organisationId} ${id}`, now + seconds * 1000, now);
}
