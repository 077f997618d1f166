import { Flag, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { ById } from '../wire/page';
import { defineRoute, device, may } from '../wire/route';
import { Reported } from './reports';

/** A piece of a running operation's output. Idempotent by device, operation and number. */
export class OutputChunk {
  @Whole({ min: 0, max: 1_000_000, about: 'From 0 without gaps, over both streams together.' }) number: number;
  @OneOf(['stdout', 'stderr']) stream: 'stdout' | 'stderr';
  @Text({ max: 65_536 }) text: string;
}
export class AppendOutput {
  @List(nested(() => OutputChunk), { min: 1, max: 64 }) chunks: OutputChunk[];
}
/**
 * Kept under the device that sent it: nobody can write into the output of another device's operation. The operation id is
 * a UUIDv7 whose time is not in the future and within the time that output is kept.
 */
export const appendOutput = defineRoute({
  service: 'rmm-logs',
  face: 'worker',
  method: 'POST',
  path: '/operations/:id/output',
  access: device,
  summary: "Append to an operation's output while it runs",
  params: ById,
  body: AppendOutput,
  bodyLimit: 5 * 1024 * 1024,
  gzip: true,
  accepted: true,
});

/** At most so many characters in one event, so that it fits into a message of the bus. */
export const OUTPUT_EVENT_CHARACTERS = 200_000;
export class OutputReported extends Reported {
  @Uuid() operationId: string;
  @List(nested(() => OutputChunk), { min: 1, max: 64 }) chunks: OutputChunk[];
}
export const outputReported = defineEvent({
  subject: 'report.output.v1',
  delivery: 'reported',
  payload: OutputReported,
  publishers: ['rmm-logs'],
  consumers: ['rmm-logs'],
});

export class OutputOf extends ById {
  @Uuid() operationId: string;
}
export class OutputQuery {
  @Whole({ min: 0, max: 1_000_000, optional: true, about: 'First piece wanted.' }) from?: number;
}
export class OutputPiece {
  @Whole({ min: 0, max: 1_000_000 }) number: number;
  @OneOf(['stdout', 'stderr']) stream: 'stdout' | 'stderr';
  @Text({ max: 65_536 }) text: string;
}
export class Output {
  @List(nested(() => OutputPiece), { max: 500 }) pieces: OutputPiece[];
  @Flag({ about: 'More is stored after these.' }) more: boolean;
  @Flag({ about: "What came after the server's limit was dropped." }) truncated: boolean;
}
export const readOutput = defineRoute({
  service: 'rmm-logs',
  face: 'manager',
  method: 'GET',
  path: '/rmm/devices/:id/operations/:operationId/output',
  access: may('operations.read'),
  summary: 'What an operation printed on its device, as it arrives',
  params: OutputOf,
  query: OutputQuery,
  reply: Output,
});
