import { Injectable } from '@nestjs/common';
import { type AppendOutput, AppError, type OutputChunk, type Principal } from '@muster/contracts';
import { afterCommit, Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from '../operations/locked-operations';
import { OperationOutputRow, OperationRow } from '../operations/operation.entity';
import { later, OperationChanges } from '../operations/operation-changes';
import { OperationsConfig } from '../operations/operations.config';

/** Stores what operations print, while they run. */
@Injectable()
export class OutputService {
  constructor(
    private readonly database: Database,
    private readonly live: LiveEvents,
    private readonly config: OperationsConfig,
  ) {}

  /**
   * Idempotent by operation and number. What is beyond the limit is dropped and the output marked, not refused: a device
   * that sends the same piece for ever would help nobody.
   * @throws AppError `not-found` when it is not this device's operation; `conflict` long after it ended
   */
  append(device: Principal, operationId: string, { chunks }: AppendOutput): Promise<void> {
    const { organisationId, id: deviceId } = device;
    return this.database.inOrganisation(organisationId, async (manager) => {
      const [operation] = await lockOperations(manager, organisationId, (select) =>
        select.andWhere('o.id = :operationId AND o.deviceId = :deviceId', { operationId, deviceId }),
      );
      if (!operation) throw new AppError('not-found', 'This device has no such operation.');
      this.requireTaking(operation);
      // What prints has started, though the report of it may still be under way.
      const changes = new OperationChanges(this.config);
      changes.become(operation, 'IN_PROGRESS', 'The device started it: output arrived.', 'device');
      await changes.save(manager, organisationId, this.live);
      const stored = await this.store(manager, operation, chunks);
      afterCommit(manager, () => void this.live.outputAppended(organisationId, operation.id, stored));
    });
  }

  /** An ending that the server only concluded may be wrong, and this output says that it is. */
  private requireTaking({ endedBy, changedAt }: OperationRow): void {
    if (endedBy !== 'device' || later(changedAt, this.config.OUTPUT_GRACE_SECONDS) > new Date()) return;
    throw new AppError('conflict', 'This operation ended too long ago to take more output.');
  }

  private async store(manager: EntityManager, operation: OperationRow, chunks: OutputChunk[]): Promise<OutputChunk[]> {
    const { organisationId, id: operationId } = operation;
    const fresh = await unstored(manager, operation, chunks);
    const limit = this.config.OUTPUT_BYTES;
    let { outputBytes, outputTruncated } = operation;
    const kept: OutputChunk[] = [];
    for (const chunk of fresh) {
      outputBytes += Buffer.byteLength(chunk.text);
      if (outputBytes > limit) {
        // Full from here on, also for a smaller piece that would fit: output with a hole misleads.
        outputBytes = limit;
        outputTruncated = true;
        break;
      }
      kept.push(chunk);
    }
    if (kept.length > 0) {
      const rows = kept.map(({ number, stream, text }) => ({ organisationId, operationId, number, stream, text }));
      await manager.insert(OperationOutputRow, rows);
    }
    await manager.update(OperationRow, { organisationId, id: operationId }, { outputBytes, outputTruncated });
    return kept;
  }
}

/** Each number once, in order, without those that are stored. The operation's lock keeps others from storing them now. */
async function unstored(
  manager: EntityManager,
  operation: OperationRow,
  chunks: OutputChunk[],
): Promise<OutputChunk[]> {
  const byNumber = new Map(chunks.map((chunk) => [chunk.number, chunk]));
  const rows: Array<{ number: number }> = await manager.query(
    'SELECT number FROM core.operation_output WHERE organisation_id = $1 AND operation_id = $2 AND number = ANY($3::int[])',
    [operation.organisationId, operation.id, [...byNumber.keys()]],
  );
  for (const { number } of rows) byNumber.delete(number);
  return [...byNumber.values()].sort((left, right) => left.number - right.number);
}
