import type { Signed } from '@muster/contracts';
import { type EntityManager, In } from 'typeorm';
import { OperationBatchRow, type OperationRow, SigningDelegationRow } from '../operations/operation.entity';
import { later, type OperationChanges } from '../operations/operation-changes';

const MOST_OPERATIONS = 100;
const MOST_CANCELS = 200;
/** Characters of signed text in one reply; one operation always fits. */
const MOST_CHARACTERS = 4_000_000;

export interface Delivery {
  operations: Signed[];
  cancels: Signed[];
  /** More waits than fitted, and the device would take it. */
  more: boolean;
}

/**
 * Picks what a device gets now. Operations in the order of their numbers, again and again until the device holds them: a
 * lower number after a higher one would be a replay to it. Never one that it has started or that is to be cancelled.
 */
export async function deliver(
  manager: EntityManager,
  open: readonly OperationRow[],
  { capacity, has }: { capacity: number; has: (operation: OperationRow) => boolean },
  changes: OperationChanges,
  wakeAgainSeconds: number,
): Promise<Delivery> {
  const waiting = open
    .filter((operation) => isDue(operation, changes.now) && !has(operation))
    .sort((left, right) => left.epoch - right.epoch || left.sequence - right.sequence);
  const room = Math.min(capacity, MOST_OPERATIONS);
  const texts = await signedTexts(manager, waiting.slice(0, room));
  const given = texts.slice(0, fitting(texts));
  const withCancel = open.filter((operation) => operation.endedBy === null && operation.cancelSignature !== null);
  const cancelled = withCancel.slice(0, MOST_CANCELS);
  for (const { operation } of given) markDelivered(operation, changes, wakeAgainSeconds);
  for (const operation of cancelled) {
    if (operation.cancelDeliveredAt) continue;
    operation.cancelDeliveredAt = changes.now;
    changes.touch(operation);
  }
  return {
    operations: given.map(({ signed }) => signed),
    cancels: await signedCancels(manager, cancelled),
    more: (given.length < waiting.length && given.length < capacity) || cancelled.length < withCancel.length,
  };
}

function isDue({ state, endedBy, cancelRequestedAt, expiresAt }: OperationRow, now: Date): boolean {
  return endedBy === null && state !== 'IN_PROGRESS' && cancelRequestedAt === null && expiresAt > now;
}

function markDelivered(operation: OperationRow, changes: OperationChanges, wakeAgainSeconds: number): void {
  operation.hintAfter = later(changes.now, wakeAgainSeconds);
  operation.hints = 0;
  changes.delivered(operation);
  if (operation.state === 'PENDING') changes.become(operation, 'NOTIFIED', 'Delivered to the device.', 'server');
}

/** How many texts from the first on fit into one reply. */
function fitting(texts: readonly { signed: Signed }[]): number {
  let size = 0;
  const end = texts.findIndex(({ signed }, index) => (size += signed.payload.length) > MOST_CHARACTERS && index > 0);
  return end === -1 ? texts.length : end;
}

async function signedTexts(manager: EntityManager, operations: readonly OperationRow[]) {
  if (operations.length === 0) return [];
  const [{ organisationId } = { organisationId: '' }] = operations;
  const batches = await manager.find(OperationBatchRow, {
    select: { organisationId: true, id: true, payloadTail: true },
    where: { organisationId, id: In([...new Set(operations.map((operation) => operation.batchId))]) },
  });
  const tails = new Map(batches.map((batch) => [batch.id, batch.payloadTail]));
  const chains = await delegations(
    manager,
    operations.map((operation) => operation.delegationDigest),
  );
  return operations.map((operation) => ({
    operation,
    signed: {
      payload: operation.payloadHead + (tails.get(operation.batchId) ?? ''),
      signature: operation.signature,
      delegation: chains.get(operation.delegationDigest) ?? [],
    },
  }));
}

async function signedCancels(manager: EntityManager, operations: readonly OperationRow[]): Promise<Signed[]> {
  const chains = await delegations(
    manager,
    operations.map((operation) => operation.cancelDelegationDigest ?? ''),
  );
  return operations.map(({ cancelPayload, cancelSignature, cancelDelegationDigest }) => ({
    payload: cancelPayload ?? '',
    signature: cancelSignature ?? '',
    delegation: chains.get(cancelDelegationDigest ?? '') ?? [],
  }));
}

async function delegations(manager: EntityManager, digests: readonly string[]): Promise<Map<string, string[]>> {
  if (digests.length === 0) return new Map();
  const rows = await manager.findBy(SigningDelegationRow, { digest: In([...new Set(digests)]) });
  return new Map(rows.map((row) => [row.digest, row.chain]));
}
