/** Runs work again and again, never twice at once, until stopped. Keeps no process alive by itself. */
export class Periodic {
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

  /** Runs now, or joins the run that is under way. */
  run(): Promise<void> {
    this.running ??= this.work()
      .catch(this.failed)
      .finally(() => (this.running = undefined));
    return this.running;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
