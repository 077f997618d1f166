import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { devicesNotified, type DevicesNotified } from '@muster/contracts';
import { Database } from '@muster/database';
import { Directory } from '../devices/device-directory';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from './locked-operations';
import { later, OperationChanges } from './operation-changes';
import { OperationsConfig } from './operations.config';

/** The broker's clock may be this much behind ours. */
const CLOCK_SECONDS = 2;

/** The broker told devices that something waits: their operations are `NOTIFIED`. */
@Injectable()
export class NotifiedConsumer {
  constructor(
    private readonly database: Database,
    private readonly directory: Directory,
    private readonly live: LiveEvents,
    private readonly config: OperationsConfig,
  ) {}

  @ConsumesEvent(devicesNotified, { batch: 50 })
  async notified(events: DevicesNotified[]): Promise<void> {
    const told = new Map<string, number>();
    for (const { deviceIds, at } of events) {
      for (const id of deviceIds) told.set(id, Math.max(told.get(id) ?? 0, Date.parse(at)));
    }
    const homes = await this.directory.organisationsOf([...told.keys()]);
    const devicesOf = new Map<string, string[]>();
    for (const [deviceId, organisationId] of homes) {
      const devices = devicesOf.get(organisationId);
      if (devices) devices.push(deviceId);
      else devicesOf.set(organisationId, [deviceId]);
    }
    for (const [organisationId, deviceIds] of devicesOf) await this.mark(organisationId, deviceIds, told);
  }

  private mark(organisationId: string, deviceIds: string[], told: ReadonlyMap<string, number>): Promise<void> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const changes = new OperationChanges(this.config);
      // A locked one is being delivered or cancelled just now, which is the newer fact.
      const pending = await lockOperations(
        manager,
        organisationId,
        (select) => select.andWhere(`o.deviceId IN (:...deviceIds) AND o.state = 'PENDING'`, { deviceIds }),
        { skipLocked: true },
      );
      for (const operation of pending) {
        // An event that comes late says nothing about operations that were asked for after it.
        const notifiedAt = new Date(told.get(operation.deviceId) ?? 0);
        if (operation.createdAt > later(notifiedAt, CLOCK_SECONDS)) continue;
        changes.become(operation, 'NOTIFIED', 'The device was told that something waits for it.', 'server');
      }
      await changes.save(manager, organisationId, this.live);
    });
  }
}
