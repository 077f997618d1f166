import { Flag, Instant, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { LANGUAGES, type Language } from './procedures';

export class ParameterValue {
  @Text({ min: 1, max: 64, pattern: /^[a-z][a-z0-9_]*$/ }) name: string;
  @Text({ max: 4000 }) value: string;
}
/** What a device is asked to do, as signed text. The device checks every field before it journals. */
export class OperationPayload {
  @OneOf(['operation']) purpose: 'operation';
  @Uuid() operationId: string;
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'Per device, growing; a lower one than seen is a replay.' })
  sequence: number;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: "The server's epoch; grows when a backup is restored." })
  epoch: number;
  @OneOf(['procedure']) kind: 'procedure';
  @Flag({ about: 'May be run again after an interruption.' }) idempotent: boolean;
  @Instant() issuedAt: string;
  @Instant() expiresAt: string;
  @OneOf(LANGUAGES) language: Language;
  @Text({ min: 1, max: 100_000 }) script: string;
  @List(nested(() => ParameterValue), { max: 32 }) parameters: ParameterValue[];
  @Whole({ min: 1, max: 86_400 }) timeLimitSeconds: number;
}
/** Asks a device to stop or never start an operation. */
export class CancelPayload {
  @OneOf(['cancel']) purpose: 'cancel';
  @Uuid() operationId: string;
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Instant() issuedAt: string;
}
