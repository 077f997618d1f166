import { auditForwardingChanged, deadLetterHandled, organisationCreated } from '@muster/contracts';
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
];
