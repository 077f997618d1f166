import { Injectable } from '@nestjs/common';
import { type CancelBatch, type OperationBatch, type OperationDetail, type Principal } from '@muster/contracts';
import { afterCommit, Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from './locked-operations';
import type { OperationRow } from './operation.entity';
import { later, OperationChanges } from './operation-changes';
import { noSuchOperation, operationDetail } from './operation-detail.queries';
import { batchProgress } from './operation-list.queries';
import { OperationsConfig } from './operations.config';
import { cancelText } from './payload-text';
import { Signing } from './signing';
import { WakeUps } from './wake-ups';

/**
 * Cancels operations. One that never left the server ends at once. One that a device may have is cancelled by the device:
 * it gets a signed cancel with each sync until it says what became of the operation, which may be that it had finished.
 */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly signing: Signing,
    private readonly wakeUps: WakeUps,
    private readonly live: LiveEvents,
    private readonly config: OperationsConfig,
  ) {}

  /** An operation that has ended already is left as it is. */
  one(principal: Principal, operationId: string): Promise<OperationDetail> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      const operations = await lockOperations(manager, organisationId, (select) =>
        select.andWhere('o.id = :operationId', { operationId }),
      );
      if (operations.length === 0) throw noSuchOperation();
      await this.cancel(manager, principal, operations);
      return operationDetail(manager, organisationId, operationId);
    });
  }

  batch(principal: Principal, batchId: string, { states }: CancelBatch): Promise<OperationBatch> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      await batchProgress(manager, organisationId, batchId);
      const operations = await lockOperations(manager, organisationId, (select) =>
        select.andWhere('o.batchId = :batchId AND o.endedBy IS NULL', { batchId }),
      );
      const wanted = operations.filter((operation) => !states || states.includes(operation.state));
      await this.cancel(manager, principal, wanted);
      return batchProgress(manager, organisationId, batchId);
    });
  }

  private async cancel(manager: EntityManager, principal: Principal, operations: OperationRow[]): Promise<void> {
    const changes = new OperationChanges(this.config);
    const open = operations.filter((operation) => operation.endedBy === null);
    const atDevices = open.filter((operation) => operation.deliveredAt !== null);
    for (const operation of open) {
      if (operation.deliveredAt !== null) continue;
      changes.become(operation, 'CANCELLED', `Cancelled by ${principal.name} before the device got it.`, 'server');
    }
    const asked = atDevices.filter((operation) => operation.cancelSignature === null);
    await this.ask(manager, principal, asked, changes);
    await changes.save(manager, principal.organisationId, this.live);
    afterCommit(manager, () => this.wakeUps.wake(atDevices.map((operation) => operation.deviceId)));
  }

  private async ask(
    manager: EntityManager,
    principal: Principal,
    operations: readonly OperationRow[],
    changes: OperationChanges,
  ): Promise<void> {
    const { organisationId } = principal;
    const issuedAt = changes.now.toISOString();
    const payloads = operations.map(({ id, deviceId }) => ({
      deviceId,
      payload: cancelText({ operationId: id, organisationId, deviceId, issuedAt }),
    }));
    const signed = await this.signing.sign(manager, principal, 'operations.cancel', payloads);
    operations.forEach((operation, index) => {
      operation.cancelRequestedAt = changes.now;
      operation.cancelRequestedBy = principal.name;
      operation.cancelPayload = payloads[index]?.payload ?? null;
      operation.cancelSignature = signed[index]?.signature ?? null;
      operation.cancelDelegationDigest = signed[index]?.delegationDigest ?? null;
      operation.hintAfter = later(changes.now, this.config.WAKE_AGAIN_SECONDS);
      operation.hints = 0;
      changes.note(operation, `${principal.name} asked to cancel it.`);
    });
  }
}
