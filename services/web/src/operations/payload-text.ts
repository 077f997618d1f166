import type { CancelPayload, OperationPayload } from '@muster/contracts';

type Own = Pick<OperationPayload, 'purpose' | 'operationId' | 'organisationId' | 'deviceId' | 'sequence' | 'epoch'>;
type Common = Omit<OperationPayload, keyof Own>;

/** The part of a signed operation's text that differs per device; `payloadTail` continues it. */
export function payloadHead(own: Omit<Own, 'purpose'>): string {
  const { operationId, organisationId, deviceId, sequence, epoch } = own;
  const fields: Own = { purpose: 'operation', operationId, organisationId, deviceId, sequence, epoch };
  return `${JSON.stringify(fields).slice(0, -1)},`;
}

/** The part of a signed operation's text that is the same for all devices of a batch. */
export function payloadTail(common: Common): string {
  return JSON.stringify(common).slice(1);
}

/** Reads back what all operations of a batch have in common. */
export function readPayloadTail(tail: string): Common {
  return JSON.parse(`{${tail}`) as Common;
}

export function cancelText(cancel: Omit<CancelPayload, 'purpose'>): string {
  const { operationId, organisationId, deviceId, issuedAt } = cancel;
  const fields: CancelPayload = { purpose: 'cancel', operationId, organisationId, deviceId, issuedAt };
  return JSON.stringify(fields);
}
