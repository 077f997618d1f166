import {
  type AuditTarget,
  operationsAsked,
  operationsCancelled,
  procedureChanged,
  procedureCreated,
  procedureDeleted,
  type ProcedureFact,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { changes, fact, type FactMapping } from './fact-mapping';

const procedure = ({ procedureId, name }: ProcedureFact): AuditTarget => ({ kind: 'procedure', id: procedureId, name });
const version = ({ version: number }: ProcedureFact) => detailsOf({ version: number });

/** A detail `deviceId` puts an entry into that device's history too. */
export const OPERATION_FACTS: readonly FactMapping[] = [
  fact(procedureCreated, { target: procedure, details: version }),
  fact(procedureChanged, {
    target: procedure,
    details: (payload) => [...version(payload), ...changes(payload.fields)],
  }),
  fact(procedureDeleted, { target: procedure, details: version }),
  fact(operationsAsked, {
    target: ({ batchId, title }) => ({ kind: 'operation-batch', id: batchId, name: title }),
    details: ({ deviceCount, deviceId, deviceName, procedureId }) =>
      detailsOf({ deviceCount, deviceId, deviceName, procedureId }),
  }),
  fact(operationsCancelled, {
    target: ({ batchId, title }) => ({ kind: 'operation-batch', id: batchId, name: title }),
    details: ({ count, operationId, deviceId }) => detailsOf({ count, operationId, deviceId }),
  }),
];
