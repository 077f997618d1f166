import { Injectable } from '@nestjs/common';
import { AppError, type Caller, type OperationBatch, type Principal, type RunProcedure } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import type { EntityManager } from 'typeorm';
import type { ProcedureRow } from '../procedures/procedure.entity';
import { findProcedure } from '../procedures/procedures.service';
import { OperationBatchRow, OperationRow, OperationTransitionRow } from './operation.entity';
import { OperationNews } from './operation-news';
import { later } from './operation-changes';
import { OperationsConfig } from './operations.config';
import { valuesOf } from './parameters';
import { payloadHead, payloadTail } from './payload-text';
import { serverEpoch } from './server-epoch';
import { Signing } from './signing';
import { takeTargets, type Target } from './targets';

const DEFAULT_EXPIRY_SECONDS = 7 * 86_400;
/** Longest text that the key manager signs and a device takes. */
const MOST_CHARACTERS = 200_000;
const ROWS_AT_ONCE = 1000;

/** Runs a procedure on devices: one operation for each, all of them signed and stored, or none. */
@Injectable()
export class RunProcedureService {
  constructor(
    private readonly database: Database,
    private readonly signing: Signing,
    private readonly news: OperationNews,
    private readonly config: OperationsConfig,
  ) {}

  async run(caller: Caller, asked: RunProcedure): Promise<OperationBatch> {
    const { principal } = caller;
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      const procedure = await findProcedure(manager, organisationId, asked.procedureId);
      const batch = newBatch(procedure, principal, asked);
      const targets = await takeTargets(manager, organisationId, asked, this.config.MOST_DEVICES_PER_RUN);
      batch.deviceCount = targets.length;
      const operations = await this.sign(manager, principal, batch, targets);
      for (const row of operations) {
        row.timeLimitSeconds = procedure.timeLimitSeconds;
        row.hintAfter = later(batch.createdAt, this.config.WAKE_AGAIN_SECONDS);
      }
      await insert(manager, batch, operations);
      await this.news.asked(manager, caller, batch, operations);
      const { id, title, requestedBy, createdAt, deviceCount } = batch;
      const states = [{ state: 'PENDING' as const, count: deviceCount }];
      return { id, title, requestedBy, createdAt: createdAt.toISOString(), deviceCount, states };
    });
  }

  private async sign(
    manager: EntityManager,
    principal: Principal,
    batch: OperationBatchRow,
    targets: readonly Target[],
  ): Promise<OperationRow[]> {
    const { organisationId, payloadTail: tail } = batch;
    const epoch = await serverEpoch(manager);
    const rows = targets.map(({ deviceId, sequence }) =>
      newOperation(batch, { id: newId(), deviceId, sequence, epoch }),
    );
    const payloads = rows.map(({ deviceId, payloadHead: head }) => ({ deviceId, payload: head + tail }));
    if (payloads.some(({ payload }) => payload.length > MOST_CHARACTERS)) {
      throw new AppError('too-large', 'Script and parameters together are too long. Shorten one of them.');
    }
    const signed = await this.signing.sign(manager, principal, 'operations.run', payloads);
    return rows.map((row, index) => Object.assign(row, { organisationId, ...signed[index] }));
  }
}

function newBatch(procedure: ProcedureRow, principal: Principal, asked: RunProcedure): OperationBatchRow {
  const { language, script, timeLimitSeconds } = procedure;
  const parameters = valuesOf(procedure.parameters, asked.parameters ?? []);
  const createdAt = new Date();
  const expiresAt = later(createdAt, asked.expiresInSeconds ?? DEFAULT_EXPIRY_SECONDS);
  return Object.assign(new OperationBatchRow(), {
    organisationId: principal.organisationId,
    id: newId(),
    kind: 'procedure',
    title: procedure.name,
    procedureId: procedure.id,
    procedureVersion: procedure.version,
    requestedBy: principal.name,
    requestedById: principal.id,
    createdAt,
    expiresAt,
    payloadTail: payloadTail({
      kind: 'procedure',
      idempotent: false,
      issuedAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      language,
      script,
      parameters,
      timeLimitSeconds,
    }),
  });
}

function newOperation(
  batch: OperationBatchRow,
  own: Pick<OperationRow, 'id' | 'deviceId' | 'sequence' | 'epoch'>,
): OperationRow {
  const { organisationId, createdAt, expiresAt } = batch;
  return Object.assign(new OperationRow(), {
    ...own,
    organisationId,
    batchId: batch.id,
    state: 'PENDING',
    reason: 'Waits for the device.',
    createdAt,
    changedAt: createdAt,
    expiresAt,
    deadlineAt: expiresAt,
    payloadHead: payloadHead({ ...own, operationId: own.id, organisationId }),
  });
}

async function insert(manager: EntityManager, batch: OperationBatchRow, operations: OperationRow[]): Promise<void> {
  await manager.insert(OperationBatchRow, batch);
  for (let start = 0; start < operations.length; start += ROWS_AT_ONCE) {
    const part = operations.slice(start, start + ROWS_AT_ONCE);
    await bulkInsert(manager, OperationRow, part);
    const transitions = part.map(({ organisationId, id, state, reason, createdAt }) => ({
      organisationId,
      operationId: id,
      state,
      reason,
      at: createdAt,
    }));
    await bulkInsert(manager, OperationTransitionRow, transitions);
  }
}

/** One statement, and nothing read back. */
async function bulkInsert<T extends object>(manager: EntityManager, type: new () => T, rows: Partial<T>[]) {
  await manager
    .createQueryBuilder()
    .insert()
    .into(type)
    .values(rows as object[])
    .updateEntity(false)
    .execute();
}
