import { randomUUID } from 'node:crypto';
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';

/** NATS headers beside a plain JSON body: all that is on the wire. */
export const HEADERS = {
  correlationId: 'Muster-Correlation-Id',
  /** JetStream drops a message whose id it has stored within the stream's window. */
  messageId: 'Nats-Msg-Id',
  /** On refused requests: the error's code. The body is an `ErrorBody`. */
  error: 'Muster-Error',
  /** On dead letters and replays: what is known of the event that was first published. */
  publishedAt: 'Muster-Published-At',
  originalMessageId: 'Muster-Original-Message-Id',
  deliveries: 'Muster-Deliveries',
  reason: 'Muster-Reason',
  problem: 'Muster-Problem',
} as const;

export interface OutgoingIds {
  messageId: string;
  correlationId: string;
}

export function outgoingHeaders(ids: { correlationId: string; messageId?: string }): MsgHdrs {
  const out = headers();
  out.set(HEADERS.correlationId, ids.correlationId);
  if (ids.messageId) out.set(HEADERS.messageId, ids.messageId);
  return out;
}

/** The sender's correlation id, or a new one when it sent none that could be kept. */
export function correlationIdOf(message: Pick<Msg, 'headers'>): string {
  const given = message.headers?.get(HEADERS.correlationId) ?? '';
  return given !== '' && given.length <= 64 ? given : randomUUID();
}
