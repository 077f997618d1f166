import { Injectable } from '@nestjs/common';
import type { EmailMessage } from '@muster/contracts';
import { afterCommit, Database, newId } from '@muster/database';
import { type EntityManager, In } from 'typeorm';
import { KeyManagerConfig } from '../../key-manager.config';
import { Sealer } from '../../secrets/sealer';
import { EmailMessageEntity } from './email-message.entity';
import type { InvitationWords, PasswordResetWords } from './templates';

export type QueuedWords =
  { kind: 'invitation'; words: InvitationWords } | { kind: 'password-reset'; words: PasswordResetWords };

/** A message to be sent when the transaction has committed. */
export type NewEmail = QueuedWords & {
  organisationId: string;
  subjectId: string;
  /** When its link ends. */
  expiresAt: Date;
};
type State = EmailMessageEntity['state'];

const HOUR_MS = 3_600_000;
const MOST_LISTED = 1000;

/**
 * Mail on its way, in the database: it is written in the transaction of what it tells about, waits for hours while the
 * mail server is away, and goes when that one takes it. Not on the bus, which gives up after a minute and a half, holds
 * what comes behind, and has streams that no link's secret should be kept in.
 */
@Injectable()
export class EmailQueue {
  private readonly listeners: Array<() => void> = [];

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly config: KeyManagerConfig,
  ) {}

  async add(manager: EntityManager, { kind, words, organisationId, subjectId, expiresAt }: NewEmail): Promise<void> {
    const id = newId();
    const now = new Date();
    await manager.insert(EmailMessageEntity, {
      ...{ id, organisationId, kind, subjectId, recipient: words.email, expiresAt },
      sealedWords: this.sealer.seal(purposeOf(id), JSON.stringify(words)),
      ...{
        state: 'waiting',
        attempts: 0,
        queuedAt: now,
        nextAt: now,
        takenUntil: null,
        givesUpAt: this.giveUpAt(now, expiresAt),
      },
      ...{ problem: null, reply: null },
    });
    afterCommit(manager, () => this.wake());
  }

  /** Takes back what was not sent yet about something. */
  async remove(manager: EntityManager, subjectId: string): Promise<void> {
    await manager.delete(EmailMessageEntity, { subjectId });
  }

  /** What a message says; undefined where it was sealed with another key. */
  open(row: Pick<EmailMessageEntity, 'id' | 'kind' | 'sealedWords'>): QueuedWords | undefined {
    const text = this.sealer.open(purposeOf(row.id), row.sealedWords);
    if (text === undefined) return undefined;
    return { kind: row.kind, words: JSON.parse(text) } as QueuedWords;
  }

  /** Has messages in these states sent at once, where their links still hold. @returns how many */
  async retry(...states: readonly State[]): Promise<number> {
    const now = new Date();
    const until = new Date(now.getTime() + this.config.EMAIL_RETRY_HOURS * HOUR_MS);
    const organisations = await this.database.across('organisations with mail', (manager) =>
      manager
        .createQueryBuilder(EmailMessageEntity, 'message')
        .select('DISTINCT message.organisation_id', 'id')
        .where({ state: In(states) })
        .getRawMany<{ id: string }>(),
    );
    let count = 0;
    for (const { id } of organisations) {
      const [, changed] = await this.database.inOrganisation(id, (manager) =>
        manager.query<[unknown, number]>(
          `UPDATE identity.email_messages SET state = 'waiting', next_at = $1, gives_up_at = least(expires_at, $2)
            WHERE state = ANY($3) AND expires_at > $1`,
          [now, until, [...states]],
        ),
      );
      count += changed;
    }
    this.wake();
    return count;
  }

  list(): Promise<EmailMessage[]> {
    return this.database.across('mail that was not sent', async (manager) => {
      const rows = await manager.find(EmailMessageEntity, { order: { queuedAt: 'ASC', id: 'ASC' }, take: MOST_LISTED });
      return rows.map(describe);
    });
  }

  async counts(): Promise<Record<State, number>> {
    const rows = await this.database.across('how much mail was not sent', (manager) =>
      manager
        .createQueryBuilder(EmailMessageEntity, 'message')
        .select('message.state', 'state')
        .addSelect('count(*)::integer', 'count')
        .groupBy('message.state')
        .getRawMany<{ state: State; count: number }>(),
    );
    return { waiting: 0, 'given-up': 0, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
  }

  /** Calls the listener when there is something to do. */
  onWork(listener: () => void): void {
    this.listeners.push(listener);
  }

  wake(): void {
    for (const listener of this.listeners) listener();
  }

  private giveUpAt(now: Date, expiresAt: Date): Date {
    return new Date(Math.min(expiresAt.getTime(), now.getTime() + this.config.EMAIL_RETRY_HOURS * HOUR_MS));
  }
}

const purposeOf = (id: string): string => `mail ${id}`;

const describe = (row: EmailMessageEntity): EmailMessage => ({
  ...{ id: row.id, organisationId: row.organisationId, kind: row.kind, recipient: row.recipient },
  ...{ state: row.state, attempts: row.attempts, queuedAt: row.queuedAt.toISOString() },
  ...(row.state === 'waiting' ? { nextAt: row.nextAt.toISOString() } : {}),
  ...(row.problem === null ? {} : { problem: row.problem }),
  ...(row.reply === null ? {} : { reply: row.reply }),
});
