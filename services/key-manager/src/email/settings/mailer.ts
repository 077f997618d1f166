import { Injectable } from '@nestjs/common';
import type { EmailSending } from '@muster/contracts';
import { KeyManagerConfig } from '../../key-manager.config';
import { sendEmail } from '../smtp/send-email';
import { SmtpFailure } from '../smtp/smtp-failure';
import type { OutgoingEmail } from '../smtp/smtp-server';
import { EmailSettingsStore } from './email-settings';
import { SendingRecord } from './sending-record';

export interface Sent {
  /** For who asks how it went. */
  sending: EmailSending;
  failure?: SmtpFailure;
}

/** Sends one message by the settings as they are now, and remembers how it went. */
@Injectable()
export class Mailer {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly record: SendingRecord,
    private readonly config: KeyManagerConfig,
  ) {}

  /** @returns undefined where this server sends no mail; a failure is no error here */
  async send(email: OutgoingEmail): Promise<Sent | undefined> {
    let reply: string;
    try {
      const server = await this.settings.server();
      if (!server) return undefined;
      const client = { name: this.config.ITSM_DOMAIN, timeoutMs: this.config.EMAIL_TIMEOUT_SECONDS * 1000 };
      reply = await sendEmail(server, email, client);
    } catch (error) {
      // Of the database, of which no mail server knows anything.
      if (!(error instanceof SmtpFailure)) throw error;
      return { sending: await this.record.failed(error), failure: error };
    }
    return { sending: await this.record.sent(reply) };
  }
}
