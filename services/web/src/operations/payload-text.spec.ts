import { OperationPayload, parse } from '@muster/contracts';
import { expect, it } from 'vitest';
import { payloadHead, payloadTail, readPayloadTail } from './payload-text';

const own = {
  operationId: '01900000-0000-7000-8000-000000000002',
  organisationId: '01900000-0000-7000-8000-000000000001',
  deviceId: '01900000-0000-7000-8000-000000000003',
  sequence: 7,
  epoch: 1_700_000_000_000,
};
const common = {
  kind: 'procedure' as const,
  idempotent: false,
  issuedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
  language: 'sh' as const,
  script: 'echo "{}" \\ \n\u2028 😀 \',"x":{',
  parameters: [{ name: 'a', value: '"}' }],
  timeLimitSeconds: 60,
};

it('makes, of its own and the common part, the text of a whole payload', () => {
  const text = payloadHead(own) + payloadTail(common);
  expect(parse(OperationPayload, JSON.parse(text), { unknown: 'refuse' })).toEqual({
    purpose: 'operation',
    ...own,
    ...common,
  });
});

it('reads the common part back', () => {
  expect(readPayloadTail(payloadTail(common))).toEqual(common);
});
