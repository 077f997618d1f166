import { Injectable } from '@nestjs/common';
import type { EmailSending } from '@muster/contracts';
import { Database } from '@muster/database';
import type { SmtpFailure } from '../smtp/smtp-failure';
import { EmailSendingEntity } from './email-settings.entity';

const ID = 1;

/** How the last message went: what the console shows, and what health and metrics tell. */
@Injectable()
export class SendingRecord {
  constructor(private readonly database: Database) {}

  /** @returns undefined before the first message */
  async last(): Promise<EmailSending | undefined> {
    const row = await this.database.unscoped((manager) => manager.findOneBy(EmailSendingEntity, { id: ID }));
    return row ? describe(row) : undefined;
  }

  sent(reply: string): Promise<EmailSending> {
    return this.keep({ sent: true, problem: null, explanation: null, reply: reply.slice(0, 1500) });
  }

  failed({ problem, explanation, reply }: SmtpFailure): Promise<EmailSending> {
    return this.keep({ sent: false, problem, explanation, reply: reply ?? null });
  }

  private async keep(outcome: Omit<EmailSendingEntity, 'id' | 'at'>): Promise<EmailSending> {
    const row: EmailSendingEntity = { id: ID, at: new Date(), ...outcome };
    await this.database.unscoped((manager) => manager.upsert(EmailSendingEntity, row, ['id']));
    return describe(row);
  }
}

const describe = ({ at, sent, problem, explanation, reply }: EmailSendingEntity): EmailSending => ({
  ...{ at: at.toISOString(), sent },
  ...(problem === null ? {} : { problem }),
  ...(explanation === null ? {} : { explanation }),
  ...(reply === null ? {} : { reply }),
});
