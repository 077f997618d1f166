import { Injectable } from '@nestjs/common';
import type { CancelBatch, Caller, OperationBatch, OperationDetail, Principal } from '@muster/contracts';
import { Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from './locked-operations';
import type { OperationRow } from './operation.entity';
import { later, OperationChanges } from './operation-changes';
import { OperationNews } from './operation-news';
import { noSuchOperation, operationDetail } from './operation-detail.queries';
import { batchProgress } from './operation-list.queries';
import { OperationsConfig } from './operations.config';
import { cancelText } from './payload-text';
import { Signing } from './signing';

/**
 * Cancels operations. One that never left the server ends at once. One that a device may have is cancelled by the device:
 * it gets a signed cancel with each sync until it says what became of the operation, which may be that it had finished.
 */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly signing: Signing,
    private readonly news: OperationNews,
    private readonly live: LiveEvents,
    private readonly config: OperationsConfig,
  ) {}

  /** An operation that has ended already is left as it is. */
  one(caller: Caller, operationId: string): Promise<OperationDetail> {
    const { organisationId } = caller.principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      const operations = await lockOperations(manager, organisationId, (select) =>
        select.andWhere('o.id = :operationId', { operationId }),
      );
      const [operation] = operations;
      if (!operation) throw noSuchOperation();
      const { title } = await batchProgress(manager, organisationId, operation.batchId);
      await this.cancel(manager, caller, operations, { id: operation.batchId, title, whole: false });
      return operationDetail(manager, organisationId, operationId);
    });
  }

  batch(caller: Caller, batchId: string, { states }: CancelBatch): Promise<OperationBatch> {
    const { organisationId } = caller.principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      const { title } = await batchProgress(manager, organisationId, batchId);
      const operations = await lockOperations(manager, organisationId, (select) =>
        select.andWhere('o.batchId = :batchId AND o.endedBy IS NULL', { batchId }),
      );
      const wanted = operations.filter((operation) => !states || states.includes(operation.state));
      await this.cancel(manager, caller, wanted, { id: batchId, title, whole: true });
      return batchProgress(manager, organisationId, batchId);
    });
  }

  private async cancel(
    manager: EntityManager,
    caller: Caller,
    operations: OperationRow[],
    batch: { id: string; title: string; whole: boolean },
  ): Promise<void> {
    const { principal } = caller;
    const changes = new OperationChanges(this.config);
    const open = operations.filter((operation) => operation.endedBy === null);
    const atDevices = open.filter((operation) => operation.deliveredAt !== null);
    const here = open.filter((operation) => operation.deliveredAt === null);
    for (const operation of here) {
      changes.become(operation, 'CANCELLED', `Cancelled by ${principal.name} before the device got it.`, 'server');
    }
    const asked = atDevices.filter((operation) => operation.cancelSignature === null);
    await this.ask(manager, principal, asked, changes);
    await changes.save(manager, principal.organisationId, this.live);
    await this.news.cancelled(manager, caller, batch, { cancelled: [...here, ...asked], atDevices });
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
