import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Health, Metrics } from '@muster/service-kit';
import { EmailSettingsStore } from '../settings/email-settings';
import { SendingRecord } from '../settings/sending-record';
import { EmailQueue } from './email-queue';

/**
 * What `muster doctor` and monitoring ask: whether the last message went, and how much waits. Mail that does not go is no
 * reason for this service to be unready.
 */
@Injectable()
export class EmailHealth implements OnModuleInit {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly record: SendingRecord,
    private readonly queue: EmailQueue,
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.health.inform('email', () => this.works());
    this.metrics.gauge(
      'muster_email_failing',
      '1 while mail is set and the last message could not be sent.',
      [],
      async (gauge) => gauge.set((await this.works()) ? 0 : 1),
    );
    this.metrics.gauge(
      'muster_email_messages',
      'Messages that wait to be sent, and those that were given up.',
      ['state'],
      async (gauge) => {
        for (const [state, count] of Object.entries(await this.queue.counts())) gauge.set({ state }, count);
      },
    );
  }

  /** True where no mail is set, or before the first message. */
  private async works(): Promise<boolean> {
    const [sendsMail, last] = await Promise.all([this.settings.sendsMail(), this.record.last()]);
    return !sendsMail || last?.sent !== false;
  }
}
