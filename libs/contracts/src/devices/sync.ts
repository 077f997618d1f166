import { Flag, Instant, List, Nested, nested, OneOf, Text, Uuid, uuid, Whole } from '../schema/fields';
import { defineRoute, device } from '../wire/route';
import { Signed } from './endpoint-map';
import { DeviceFacts } from './facts';

/** Why a device did not run what it was given. */
export const REFUSAL_REASONS = [
  'bad-signature',
  'not-delegated',
  'wrong-device',
  'expired',
  'replayed',
  'malformed',
  'unsupported',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A step in an operation's life as the device saw it. Sent again until acknowledged; handled idempotently. */
export class OperationReport {
  @Uuid() operationId: string;
  @OneOf(['started', 'completed', 'failed', 'interrupted', 'refused', 'cancelled', 'not-now'])
  outcome: 'started' | 'completed' | 'failed' | 'interrupted' | 'refused' | 'cancelled' | 'not-now';
  @Instant({ about: "The device's clock, for information." }) at: string;
  @Whole({ min: -1, max: 4_294_967_295, optional: true }) exitCode?: number;
  @Text({ max: 32, optional: true }) signal?: string;
  @OneOf(REFUSAL_REASONS, { optional: true }) refusal?: RefusalReason;
  @Text({ max: 2000, optional: true }) message?: string;
  @Whole({ min: 0, max: 4_294_967_295, optional: true, about: 'Milliseconds that it ran.' }) durationMs?: number;
  @Flag({ optional: true, about: 'Output was longer than the limit and the rest was dropped.' })
  outputTruncated?: boolean;
  @Whole({ min: 0, max: 1_000_000, optional: true, about: 'Number of output chunks in all.' }) chunks?: number;
}
export class Sync {
  @Text({ max: 64 }) agentVersion: string;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Version of the endpoint map that the device holds.' })
  mapVersion: number;
  @Whole({ min: 0, max: 100, about: 'How many more operations the device takes now.' }) capacity: number;
  @List(nested(() => OperationReport), { max: 200 }) reports: OperationReport[];
  @List(uuid(), { max: 200, about: 'Operations that are journalled here and not yet reported ended.' })
  holding: string[];
  @Nested(() => DeviceFacts, { optional: true, about: 'Only when they changed.' }) facts?: DeviceFacts;
}
export class SyncReply {
  @List(nested(() => Signed), { max: 100, about: 'Signed OperationPayloads, in the order of their sequence.' })
  operations: Signed[];
  @List(nested(() => Signed), { max: 200, about: 'Signed CancelPayloads.' }) cancels: Signed[];
  @List(uuid(), { max: 200, about: 'Operations whose ending report is stored: forget them.' }) settled: string[];
  @Nested(() => Signed, { optional: true }) endpointMap?: Signed;
  @Whole({ min: 10, max: 86_400, about: 'Seconds until the next regular poll.' }) pollAfterSeconds: number;
  @Flag({ about: 'More is pending: sync again at once.' }) more: boolean;
  @Flag({ about: 'Send facts with the next sync.' }) wantFacts: boolean;
  @Instant() serverTime: string;
}
export const sync = defineRoute({
  service: 'web',
  face: 'worker',
  method: 'POST',
  path: '/sync',
  access: device,
  summary: 'Hand in reports and take what is pending',
  body: Sync,
  bodyLimit: 2 * 1024 * 1024,
  reply: SyncReply,
});
