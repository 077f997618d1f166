import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Log, Periodic } from '@muster/service-kit';
import { KeyManagerConfig } from '../../key-manager.config';
import { ResetRequests } from '../password-reset/reset-requests';
import { EmailQueue } from './email-queue';
import { EmailSender } from './email-sender';

/** Looks for mail to be sent: when something was queued here, and now and then for what other instances left. */
@Injectable()
export class EmailWorker implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly looking: Periodic;
  private stopping = false;
  /** Something was queued while a run was under way, which may have looked before. */
  private again = false;

  constructor(
    private readonly queue: EmailQueue,
    private readonly requests: ResetRequests,
    private readonly sender: EmailSender,
    config: KeyManagerConfig,
    log: Log,
  ) {
    this.looking = new Periodic(
      config.EMAIL_POLL_SECONDS * 1000,
      () => this.look(),
      (error) => log.warn({ err: error }, 'Mail could not be looked for; the next look tries again.'),
    );
  }

  onApplicationBootstrap(): void {
    this.queue.onWork(() => {
      this.again = true;
      if (!this.stopping) void this.looking.run();
    });
    this.looking.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.looking.stop();
  }

  private async look(): Promise<void> {
    do {
      this.again = false;
      await this.requests.handle();
      await this.sender.run(() => this.stopping);
    } while (this.again && !this.stopping);
  }
}
