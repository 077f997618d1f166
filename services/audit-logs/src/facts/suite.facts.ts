import {
  auditForwardingChanged,
  auditVerified,
  authorityChanged,
  deadLetterHandled,
  listExported,
  organisationCreated,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { fact, type FactMapping } from './fact-mapping';

/** What concerns the suite as a whole, and this service itself. */
export const SUITE_FACTS: readonly FactMapping[] = [
  fact(organisationCreated, {
    target: ({ createdId, name }) => ({ kind: 'organisation', id: createdId, name }),
  }),
  fact(deadLetterHandled, {
    target: ({ deadLetterId, subject }) => ({ kind: 'dead-letter', id: deadLetterId, name: subject }),
    details: ({ how, service }) => detailsOf({ how, service }),
  }),
  fact(auditForwardingChanged, {
    target: ({ host, port }) => ({ kind: 'audit-forwarding', name: `${host}:${port}` }),
    details: ({ enabled }) => detailsOf({ enabled }),
  }),
  fact(auditVerified, {
    target: () => ({ kind: 'audit-log' }),
    details: ({ intact, checkedFrom, checkedTo, faults }) => detailsOf({ intact, checkedFrom, checkedTo, faults }),
    outcome: ({ intact }) => (intact ? 'done' : 'failed'),
  }),
  fact(listExported, {
    target: ({ path }) => ({ kind: 'list', name: path }),
    details: ({ format, filters }) => detailsOf({ format, filters: filters === '' ? undefined : filters }),
  }),
  fact(authorityChanged, {
    target: ({ part, fingerprint }) => ({ kind: 'certificate', id: fingerprint, name: part }),
    details: ({ change, notAfter }) => detailsOf({ change, notAfter }),
  }),
];
