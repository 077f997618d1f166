import { Logger } from '@nestjs/common';

/**
 * Runs work again and again, never twice at once, until stopped. Keeps no process alive by itself. However the work or
 * `failed` end, the next run comes: nothing of theirs gets out of here.
 */
export class Periodic {
  private readonly log = new Logger('Periodic');
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.run(), this.milliseconds);
    this.timer.unref();
  }

  /** Runs now, or joins the run that is under way. Never rejects. */
  run(): Promise<void> {
    this.running ??= this.once().finally(() => (this.running = undefined));
    return this.running;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.tell(error);
    }
  }

  /** Who should be told may fail as well. */
  private tell(error: unknown): void {
    try {
      this.failed(error);
    } catch (second) {
      this.log.error({ message: 'repeated work failed, and so did telling', error, second });
    }
  }
}
