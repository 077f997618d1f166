import { Injectable } from '@nestjs/common';
import { type Caller, factBy, operationsAsked, operationsCancelled } from '@muster/contracts';
import { afterCommit, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { LiveEvents } from '../live/live-events';
import type { OperationBatchRow, OperationRow } from './operation.entity';
import { WakeUps } from './wake-ups';

/** Tells whom it concerns what people ask of devices: the audit log for certain, consoles and devices after the commit. */
@Injectable()
export class OperationNews {
  constructor(
    private readonly outbox: Outbox,
    private readonly live: LiveEvents,
    private readonly wakeUps: WakeUps,
  ) {}

  async asked(
    manager: EntityManager,
    caller: Caller,
    { id: batchId, title, procedureId, deviceCount }: OperationBatchRow,
    operations: readonly OperationRow[],
  ): Promise<void> {
    const { organisationId } = caller.principal;
    const deviceIds = operations.map((operation) => operation.deviceId);
    const about = { batchId, title, procedureId, deviceCount };
    const only = deviceIds.length === 1 ? await deviceNamed(manager, organisationId, deviceIds) : {};
    await this.outbox.add(manager, operationsAsked, { ...factBy(caller), ...about, ...only });
    afterCommit(manager, () => {
      this.wakeUps.wake(deviceIds);
      this.live.operationsChanged(
        organisationId,
        operations.map((operation) => operation.id),
      );
    });
  }

  /** @param cancelled what somebody cancelled now; nothing is no news. @param atDevices whose devices have to hear of it */
  async cancelled(
    manager: EntityManager,
    caller: Caller,
    batch: { id: string; title: string; whole: boolean },
    { cancelled, atDevices }: { cancelled: readonly OperationRow[]; atDevices: readonly OperationRow[] },
  ): Promise<void> {
    const [first] = cancelled;
    if (first) {
      const about = { batchId: batch.id, title: batch.title, count: cancelled.length };
      const only = batch.whole ? {} : { operationId: first.id, deviceId: first.deviceId };
      await this.outbox.add(manager, operationsCancelled, { ...factBy(caller), ...about, ...only });
    }
    afterCommit(manager, () => this.wakeUps.wake(atDevices.map((operation) => operation.deviceId)));
  }
}

async function deviceNamed(manager: EntityManager, organisationId: string, [deviceId]: readonly string[]) {
  const [row]: Array<{ name: string }> = await manager.query(
    'SELECT name FROM core.devices WHERE organisation_id = $1 AND id = $2',
    [organisationId, deviceId],
  );
  return { deviceId, deviceName: row?.name };
}
