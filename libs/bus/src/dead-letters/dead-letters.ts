import { Injectable } from '@nestjs/common';
import { AppError, type DeadLetter, ERROR_CODES, SERVICES } from '@muster/contracts';
import { jetstream, jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { Connection } from '../connection';
import { StreamKeeper } from '../jetstream/stream-keeper';
import { DEAD_LETTER_PREFIX, replaySubject } from '../streams';
import { correlationIdOf, HEADERS, outgoingHeaders } from '../wire/headers';
import { unavailable } from '../wire/unavailable';

const STREAM = 'DEAD_LETTERS';

export interface DeadLetterRange {
  /** Letters after this id. */
  after?: string;
  /** 50 when absent. */
  size?: number;
}

/** What services could not handle. Only the service that the contracts make its keeper can inject it. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly connection: Connection,
    private readonly streams: StreamKeeper,
  ) {}

  /** Oldest first. */
  async list({ after = '0', size = 50 }: DeadLetterRange = {}): Promise<DeadLetter[]> {
    return this.using('list', async (manager) => {
      const letters: DeadLetter[] = [];
      let seq = Number(after) + 1;
      while (letters.length < size) {
        const stored = await manager.direct.getMessage(STREAM, { seq, next_by_subj: `${DEAD_LETTER_PREFIX}.>` });
        if (!stored) break;
        letters.push(letterOf(stored));
        seq = stored.seq + 1;
      }
      return letters;
    });
  }

  async count(): Promise<number> {
    return this.using('count', async (manager) => (await manager.streams.info(STREAM)).state.messages);
  }

  /** Hands it to the service that could not handle it, and to no other. @throws AppError `not-found` */
  async replay(id: string): Promise<void> {
    await this.using('replay', async (manager) => {
      const stored = await required(manager, id);
      const { service, subject, publishedAt, messageId, deliveries } = letterOf(stored);
      if (deliveries === 0)
        throw new AppError('conflict', `Dead letter ${id} was never published: it can be discarded only.`);
      const headers = outgoingHeaders({
        correlationId: correlationIdOf({ headers: stored.header }),
        messageId: `replay-${id}-${stored.timestamp}`,
      });
      headers.set(HEADERS.publishedAt, publishedAt);
      if (messageId) headers.set(HEADERS.originalMessageId, messageId);
      await jetstream(this.connection.require().nats).publish(replaySubject(service, subject), stored.data, {
        headers,
      });
      await manager.streams.deleteMessage(STREAM, stored.seq, false);
    });
  }

  /** @throws AppError `not-found` */
  async discard(id: string): Promise<void> {
    await this.using('discard', async (manager) => {
      const { seq } = await required(manager, id);
      await manager.streams.deleteMessage(STREAM, seq, false);
    });
  }

  private async using<T>(doing: string, work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      const link = this.connection.require();
      await this.streams.ensure(link, STREAM);
      await this.streams.ensure(link, 'REPLAYS');
      return await work(await jetstreamManager(link.nats, { checkAPI: false }));
    } catch (error) {
      throw unavailable(`dead letters, ${doing}`, error);
    }
  }
}

async function required(manager: JetStreamManager, id: string): Promise<StoredMsg> {
  const stored = /^[1-9]\d{0,15}$/.test(id) ? await manager.direct.getMessage(STREAM, { seq: Number(id) }) : null;
  if (!stored) throw new AppError('not-found', `There is no dead letter ${id}.`);
  return stored;
}

function letterOf(stored: StoredMsg): DeadLetter {
  const header = (name: string): string => stored.header.get(name);
  const [, sender = '', ...subject] = stored.subject.split('.');
  const service = SERVICES.find((one) => one === sender);
  if (!service) throw new AppError('internal', `Dead letter ${stored.seq} names no known service.`);
  const at = stored.time.toISOString();
  const messageId = header(HEADERS.originalMessageId);
  return {
    id: String(stored.seq),
    service,
    subject: subject.join('.'),
    reason: (['invalid', 'failed'] as const).find((reason) => reason === header(HEADERS.reason)) ?? 'interrupted',
    code: ERROR_CODES.find((code) => code === header(HEADERS.error)) ?? 'internal',
    problem: header(HEADERS.problem),
    deliveries: Number(header(HEADERS.deliveries)),
    correlationId: header(HEADERS.correlationId),
    ...(messageId ? { messageId } : {}),
    payload: new TextDecoder().decode(stored.data),
    publishedAt: header(HEADERS.publishedAt) || at,
    at,
  };
}
