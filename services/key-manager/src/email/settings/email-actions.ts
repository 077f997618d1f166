import { Injectable } from '@nestjs/common';
import { AppError, type Caller, emailRetried, type EmailSending, emailTested, factBy } from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import { KeyManagerConfig } from '../../key-manager.config';
import { EmailQueue } from '../queue/email-queue';
import { testEmailWords } from '../queue/templates';
import { Mailer } from './mailer';

/** What the operator has the server do with mail now, each of it told to the audit log. */
@Injectable()
export class EmailActions {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly mailer: Mailer,
    private readonly queue: EmailQueue,
    private readonly config: KeyManagerConfig,
  ) {}

  /** Sends a test message while the caller waits. @throws AppError `conflict` where nothing is set */
  async test(caller: Caller, recipient: string): Promise<EmailSending> {
    const words = testEmailWords(this.config.CONSOLE_ORIGIN);
    const result = await this.mailer.send({ ...words, id: newId(), recipient });
    if (!result) throw new AppError('conflict', 'This server sends no mail yet. Save the settings first.');
    const { sent, problem } = result.sending;
    const about = { recipient, sent, ...(problem ? { problem } : {}) };
    await this.database.unscoped((manager) => this.outbox.add(manager, emailTested, { ...factBy(caller), ...about }));
    return result.sending;
  }

  /** @returns how many messages are tried again */
  async retry(caller: Caller): Promise<number> {
    const count = await this.queue.retry('waiting', 'given-up');
    await this.database.unscoped((manager) => this.outbox.add(manager, emailRetried, { ...factBy(caller), count }));
    return count;
  }
}
