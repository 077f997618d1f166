import { List, nested, Text, Uuid, Whole } from '../schema/fields';
import { FieldChange, PersonFact } from '../audit/action-facts';
import { type BusEvent, defineEvent } from '../wire/bus';
import type { Class } from '../schema/registry';

const fact = <T extends object>(subject: string, payload: Class<T>): BusEvent<T> =>
  defineEvent({ subject, delivery: 'durable', payload, publishers: ['web'], consumers: ['audit-logs'] });

export class ProcedureFact extends PersonFact {
  @Uuid() procedureId: string;
  @Text({ max: 200 }) name: string;
  @Whole({ min: 1, max: 1_000_000 }) version: number;
}
export const procedureCreated = fact('procedure.created.v1', ProcedureFact);
export class ProcedureChanged extends ProcedureFact {
  @List(nested(() => FieldChange), { max: 20, about: 'Names what changed; a script by its SHA-256.' })
  fields: FieldChange[];
}
export const procedureChanged = fact('procedure.changed.v1', ProcedureChanged);
export const procedureDeleted = fact('procedure.deleted.v1', ProcedureFact);

/** Somebody asked something of devices. */
export class OperationsAsked extends PersonFact {
  @Uuid() batchId: string;
  @Text({ max: 200 }) title: string;
  @Uuid({ optional: true }) procedureId?: string;
  @Whole({ min: 1, max: 100_000 }) deviceCount: number;
  @Uuid({ optional: true, about: 'When it is one device.' }) deviceId?: string;
  @Text({ max: 255, optional: true }) deviceName?: string;
}
export const operationsAsked = fact('operations.asked.v1', OperationsAsked);

/** Somebody cancelled one operation, or what had not ended of a batch. */
export class OperationsCancelled extends PersonFact {
  @Uuid() batchId: string;
  @Text({ max: 200 }) title: string;
  @Uuid({ optional: true, about: 'When it is one operation.' }) operationId?: string;
  @Uuid({ optional: true }) deviceId?: string;
  @Whole({ min: 0, max: 100_000 }) count: number;
}
export const operationsCancelled = fact('operations.cancelled.v1', OperationsCancelled);
