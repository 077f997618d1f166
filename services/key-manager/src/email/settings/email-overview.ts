import { Injectable } from '@nestjs/common';
import type { EmailSettings, EmailState } from '@muster/contracts';
import { EmailQueue } from '../queue/email-queue';
import type { EmailSettingsEntity } from './email-settings.entity';
import { EmailSettingsStore } from './email-settings';
import { SendingRecord } from './sending-record';

/** What the operator sees of mail at one glance. */
@Injectable()
export class EmailOverview {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly record: SendingRecord,
    private readonly queue: EmailQueue,
  ) {}

  async state(): Promise<EmailState> {
    const [row, lastSending, counts] = await Promise.all([
      this.settings.read(),
      this.record.last(),
      this.queue.counts(),
    ]);
    return {
      ...(row ? { settings: describe(row) } : {}),
      ...(lastSending ? { lastSending } : {}),
      ...{ waiting: counts.waiting, givenUp: counts['given-up'] },
    };
  }
}

const describe = (row: EmailSettingsEntity): EmailSettings => ({
  ...{ host: row.host, port: row.port, security: row.security },
  ...{ fromAddress: row.fromAddress, fromName: row.fromName },
  ...(row.userName === null ? {} : { user: row.userName }),
  ...(row.trustedCertificates === null ? {} : { trustedCertificates: row.trustedCertificates }),
  hasPassword: row.sealedPassword !== null,
  ...{ changedAt: row.changedAt.toISOString(), changedBy: row.changedBy },
});
