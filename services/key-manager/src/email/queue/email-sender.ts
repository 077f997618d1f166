import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { type FindOptionsWhere, IsNull, LessThanOrEqual } from 'typeorm';
import { KeyManagerConfig } from '../../key-manager.config';
import { InvitationEntity } from '../invitations/invitation.entity';
import { Mailer } from '../settings/mailer';
import { SmtpFailure } from '../smtp/smtp-failure';
import { EmailMessageEntity } from './email-message.entity';
import { EmailQueue } from './email-queue';
import { invitationEmail, passwordResetEmail, type Rendered } from './templates';

const MOST_AT_ONCE = 50;
const LONGEST_PAUSE_MS = 3_600_000;
/** For this long a message is its taker's, who may have died: longer than any sending lasts. */
const LEASE_MS = 15 * 60_000;

const UNREADABLE = new SmtpFailure('message-refused', 'The message cannot be read any more.', {
  permanent: true,
  reply: 'The key of this server is another one than when the message was written.',
});

interface Due {
  id: string;
  organisationId: string;
}

/** What may be sent, and is in nobody's hands. */
const dueAt = (now: Date): FindOptionsWhere<EmailMessageEntity>[] =>
  [IsNull(), LessThanOrEqual(now)].map((takenUntil) => ({
    state: 'waiting',
    nextAt: LessThanOrEqual(now),
    takenUntil,
  }));

/**
 * Sends what is due, one after another. What could not be sent comes again after a pause that doubles; what the mail
 * server refuses for good, or what took too long, is given up and kept, for a person to look at. A message goes at least
 * once: who dies between the server's answer and noting it sends it again, under the same Message-ID.
 */
@Injectable()
export class EmailSender {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly queue: EmailQueue,
    private readonly mailer: Mailer,
    private readonly config: KeyManagerConfig,
    log: Log,
  ) {
    this.log = log.child({ part: 'email' });
  }

  /** Stops early when `stopping` says so; what is left comes with the next run of any instance. */
  async run(stopping: () => boolean): Promise<void> {
    const due = await this.database.across('mail that is due', (manager) =>
      manager.find(EmailMessageEntity, {
        select: { id: true, organisationId: true },
        where: dueAt(new Date()),
        order: { nextAt: 'ASC' },
        take: MOST_AT_ONCE,
      }),
    );
    for (const one of due) {
      if (stopping() || !(await this.attempt(one))) return;
    }
  }

  /** @returns false where no mail is sent at all: then the others need not be tried */
  private async attempt(due: Due): Promise<boolean> {
    const row = await this.claim(due);
    if (!row) return true;
    const words = this.rendered(row);
    if (!words) {
      await this.failed(row, UNREADABLE);
      return true;
    }
    const result = await this.mailer.send({ ...words, id: row.id, recipient: row.recipient });
    if (!result) {
      await this.giveBack(row);
      return false;
    }
    if (result.failure) await this.failed(row, result.failure);
    else await this.sent(row);
    return true;
  }

  /** Takes a message, so that no other instance sends it, too. */
  private claim({ id, organisationId }: Due): Promise<EmailMessageEntity | undefined> {
    const now = new Date();
    return this.database.inOrganisation(organisationId, async (manager) => {
      const row = await manager.findOne(EmailMessageEntity, {
        where: dueAt(now).map((due) => ({ ...due, id })),
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      });
      if (!row) return undefined;
      const takenUntil = new Date(now.getTime() + LEASE_MS);
      const attempts = row.attempts + 1;
      await manager.update(EmailMessageEntity, { id }, { takenUntil, attempts });
      return { ...row, takenUntil, attempts };
    });
  }

  private async sent({ id, organisationId, kind, subjectId, attempts }: EmailMessageEntity): Promise<void> {
    await this.database.inOrganisation(organisationId, async (manager) => {
      await manager.delete(EmailMessageEntity, { id });
      if (kind === 'invitation') await manager.update(InvitationEntity, { id: subjectId }, { sentAt: new Date() });
    });
    this.log.info({ messageId: id, kind, attempts }, 'Sent a message.');
  }

  private async failed(row: EmailMessageEntity, failure: SmtpFailure): Promise<void> {
    const { id, organisationId, kind, attempts } = row;
    const { problem } = failure;
    const reply = failure.reply ?? null;
    const nextAt = new Date(Date.now() + this.pauseAfter(attempts));
    const over = failure.permanent || nextAt >= row.givesUpAt;
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.update(
        EmailMessageEntity,
        { id },
        { problem, reply, nextAt, takenUntil: null, state: over ? 'given-up' : 'waiting' },
      ),
    );
    const fields = { messageId: id, kind, attempts, problem, reply };
    if (over) this.log.error(fields, 'Gave a message up. Correct what is wrong and send it again in the console.');
    else this.log.warn({ ...fields, nextAt }, 'A message could not be sent yet.');
  }

  /** Nothing was tried. */
  private async giveBack({ id, organisationId, attempts }: EmailMessageEntity): Promise<void> {
    const nextAt = new Date(Date.now() + this.pauseAfter(1));
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.update(EmailMessageEntity, { id }, { nextAt, takenUntil: null, attempts: attempts - 1 }),
    );
  }

  private pauseAfter(attempts: number): number {
    return Math.min(this.config.EMAIL_RETRY_SECONDS * 1000 * 2 ** Math.min(attempts - 1, 20), LONGEST_PAUSE_MS);
  }

  private rendered(row: EmailMessageEntity): Rendered | undefined {
    const queued = this.queue.open(row);
    if (!queued) return undefined;
    return queued.kind === 'invitation' ? invitationEmail(queued.words) : passwordResetEmail(queued.words);
  }
}
