import { Flag, Instant, List, nested, oneOf, OneOf, Text, uuid, Uuid, Whole } from '../schema/fields';
import { ById, PageQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { ParameterValue } from './payload';
import { operationsAsked, operationsCancelled } from './operation-events';

const own = { service: 'web', face: 'manager' } as const;

export const OPERATION_STATES = [
  'PENDING',
  'NOTIFIED',
  'IN_PROGRESS',
  'COMPLETED',
  'ERROR',
  'NOT_NOW',
  'CANCELLED',
  'EXPIRED',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];
/** States that nothing follows. */
export const ENDED_STATES: readonly OperationState[] = ['COMPLETED', 'ERROR', 'CANCELLED', 'EXPIRED'];

export class Operation {
  @Uuid() id: string;
  @Uuid({ about: 'The request that made it, over all its devices.' }) batchId: string;
  @Uuid() deviceId: string;
  @Text({ max: 255 }) deviceName: string;
  @OneOf(['procedure']) kind: 'procedure';
  @Text({ max: 200, about: 'The name of the procedure when it was asked for.' }) title: string;
  @OneOf(OPERATION_STATES) state: OperationState;
  @Text({ max: 2000, about: 'Why it is in this state, in words.' }) reason: string;
  @Text({ max: 254 }) requestedBy: string;
  @Instant() createdAt: string;
  @Instant() changedAt: string;
  @Instant() expiresAt: string;
  @Whole({ min: -1, max: 4_294_967_295, optional: true }) exitCode?: number;
  @Whole({ min: 0, max: 4_294_967_295, optional: true }) durationMs?: number;
  @Flag({ about: 'A cancel was asked for and has not reached the device yet.' }) cancelRequested: boolean;
  @Whole({ min: 0, max: 1_000_000, optional: true, about: 'Pieces of output in all, once the device has said it.' })
  outputPieces?: number;
  @Flag({ about: 'The device dropped output that was beyond its limit.' }) outputTruncated: boolean;
}
export class OperationPage {
  @List(nested(() => Operation), { max: 200 }) operations: Operation[];
  @Whole({ min: 0, max: 1_000_000_000 }) total: number;
  @Text({ max: 64, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
  @Whole({ min: 1, max: 36_600, optional: true, about: 'Days that operations are kept after they ended.' })
  keptDays?: number;
}
export class OperationQuery extends PageQuery {
  @Text({
    max: 64,
    optional: true,
    about: 'The `next` of the page before: a place that no change of other rows moves.',
  })
  after?: string;
  @Uuid({ optional: true }) deviceId?: string;
  @Uuid({ optional: true }) batchId?: string;
  @OneOf(OPERATION_STATES, { optional: true }) state?: OperationState;
}
export const listOperations = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/operations',
  access: may('operations.read'),
  summary: 'Operations, newest first',
  query: OperationQuery,
  reply: OperationPage,
  list: 'operations',
});

/** Runs a procedure on devices, on the members of groups, or both. */
export class RunProcedure {
  @Uuid() procedureId: string;
  @List(uuid(), { max: 10_000, optional: true }) deviceIds?: string[];
  @List(uuid(), { max: 100, optional: true }) groupIds?: string[];
  @List(nested(() => ParameterValue), { max: 32, optional: true }) parameters?: ParameterValue[];
  @Whole({
    min: 60,
    max: 2_592_000,
    optional: true,
    about: 'Seconds for which devices may still start it; 7 days when absent.',
  })
  expiresInSeconds?: number;
}
export class OperationBatch {
  @Uuid() id: string;
  @Text({ max: 200 }) title: string;
  @Text({ max: 254 }) requestedBy: string;
  @Instant() createdAt: string;
  @Whole({ min: 0, max: 100_000 }) deviceCount: number;
  @List(nested(() => StateCount), { max: 8 }) states: StateCount[];
}
export class StateCount {
  @OneOf(OPERATION_STATES) state: OperationState;
  @Whole({ min: 0, max: 100_000 }) count: number;
}
export const runProcedure = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/operations',
  access: may('operations.run'),
  summary: 'Run a procedure on chosen devices',
  body: RunProcedure,
  bodyLimit: 1024 * 1024,
  reply: OperationBatch,
  causes: [operationsAsked],
});
export const readBatch = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/operation-batches/:id',
  access: may('operations.read'),
  summary: 'Progress of one request over all its devices',
  params: ById,
  reply: OperationBatch,
});

export class OperationTransition {
  @OneOf(OPERATION_STATES) state: OperationState;
  @Text({ max: 2000 }) reason: string;
  @Instant() at: string;
}
export class OperationDetail extends Operation {
  @List(nested(() => OperationTransition), { max: 100 }) transitions: OperationTransition[];
  @Text({ max: 100_000 }) script: string;
  @List(nested(() => ParameterValue), { max: 32 }) parameters: ParameterValue[];
}
export const readOperation = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/operations/:id',
  access: may('operations.read'),
  summary: 'One operation with its history',
  params: ById,
  reply: OperationDetail,
});
export const cancelOperation = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/operations/:id/cancel',
  access: may('operations.cancel'),
  summary: 'Cancel an operation, also one that runs',
  params: ById,
  reply: OperationDetail,
  causes: [operationsCancelled],
});
export class CancelBatch {
  @List(oneOf(['PENDING', 'NOTIFIED', 'IN_PROGRESS', 'NOT_NOW']), {
    max: 4,
    optional: true,
    about: 'Only operations in these states; all that have not ended when absent.',
  })
  states?: OperationState[];
}
export const cancelBatch = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/operation-batches/:id/cancel',
  access: may('operations.cancel'),
  summary: 'Cancel what has not ended of a request',
  params: ById,
  body: CancelBatch,
  reply: OperationBatch,
  causes: [operationsCancelled],
});
