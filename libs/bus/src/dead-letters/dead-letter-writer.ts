import { Inject, Injectable } from '@nestjs/common';
import type { DeadLetter, ErrorCode } from '@muster/contracts';
import { jetstream } from '@nats-io/jetstream';
import { type MsgHdrs } from '@nats-io/transport-node';
import { Connection } from '../connection';
import { deliveryOf } from '../jetstream/event';
import type { PulledMessage } from '../jetstream/pulled-message';
import { StreamKeeper } from '../jetstream/stream-keeper';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { deadLetterSubject } from '../streams';
import { MAX_BODY_BYTES } from '../wire/encode';
import { HEADERS, outgoingHeaders } from '../wire/headers';

export interface Verdict {
  reason: DeadLetter['reason'];
  code: ErrorCode;
  problem: string;
}

const PROBLEM_LENGTH = 2000;

/** Puts an event onto the dead letter stream: the body as it was, everything else in headers. */
@Injectable()
export class DeadLetterWriter {
  constructor(
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
    private readonly connection: Connection,
    private readonly streams: StreamKeeper,
  ) {}

  /**
   * Fulfilled when it is stored; a repetition for the same message is stored once. With `part`: one of the events that the
   * message carries.
   */
  async keep(
    subject: string,
    message: PulledMessage,
    verdict: Verdict,
    part?: { index: number; value: unknown },
  ): Promise<void> {
    const delivery = deliveryOf(message);
    const messageId = part ? `${message.identity}-${part.index}` : message.identity;
    const headers = outgoingHeaders({ correlationId: delivery.correlationId, messageId });
    headers.set(HEADERS.deliveries, String(delivery.attempt));
    headers.set(HEADERS.publishedAt, delivery.publishedAt.toISOString());
    headers.set(HEADERS.originalMessageId, oneLine(delivery.messageId, 256));
    const body = part ? new TextEncoder().encode(JSON.stringify(part.value)) : message.data;
    await this.store(subject, body, headers, verdict);
  }

  /** Keeps an event of this service that is too large to be published: its beginning, and no deliveries. */
  async keepUnpublished(subject: string, payload: unknown, messageId: string, verdict: Verdict): Promise<void> {
    const headers = outgoingHeaders({ correlationId: messageId, messageId: `unpublished-${messageId}` });
    headers.set(HEADERS.deliveries, '0');
    headers.set(HEADERS.originalMessageId, messageId);
    const body = new TextEncoder().encode(JSON.stringify(payload)).subarray(0, MAX_BODY_BYTES);
    await this.store(subject, body, headers, verdict);
  }

  private async store(subject: string, body: Uint8Array, headers: MsgHdrs, verdict: Verdict): Promise<void> {
    headers.set(HEADERS.reason, verdict.reason);
    headers.set(HEADERS.error, verdict.code);
    headers.set(HEADERS.problem, oneLine(verdict.problem, PROBLEM_LENGTH));
    const link = this.connection.require();
    await this.streams.ensure(link, 'DEAD_LETTERS');
    await jetstream(link.nats).publish(deadLetterSubject(this.options.service, subject), body, { headers });
  }
}

/** Headers end at a line break. */
const oneLine = (text: string, length: number): string => text.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, length);
