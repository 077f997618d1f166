import { randomUUID } from 'node:crypto';
import type { OperationPayload } from '@muster/contracts';

export const DEVICE_ID = '01990000-0000-7000-8000-00000000000a';
export const ORGANISATION_ID = '01990000-0000-7000-8000-00000000000b';

/** An operation as the server writes it; a test changes what it is about. */
export const makeOperation = (changes: Partial<OperationPayload> = {}): OperationPayload => ({
  purpose: 'operation',
  operationId: randomUUID(),
  organisationId: ORGANISATION_ID,
  deviceId: DEVICE_ID,
  sequence: 1,
  epoch: 1,
  kind: 'procedure',
  idempotent: false,
  issuedAt: new Date(Date.now() - 1000).toISOString(),
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  language: 'sh',
  script: 'echo hello',
  parameters: [],
  timeLimitSeconds: 30,
  ...changes,
});
