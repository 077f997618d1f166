import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 100;

/** Measures for how long something does not answer, while something else is done. */
export class PauseWatch {
  private stopped = false;
  private down?: number;
  private total = 0;
  private readonly watching: Promise<void>;

  /** @param answers false or an error: it does not */
  constructor(private readonly answers: () => Promise<boolean>) {
    this.watching = this.watch();
  }

  /** Waits until it answers again, or that long. @returns seconds in all for which it did not */
  async end(atMostMs: number): Promise<number> {
    const end = Date.now() + atMostMs;
    while (this.down !== undefined && Date.now() < end) await pause(EVERY_MS);
    this.stopped = true;
    await this.watching;
    return (this.total + (this.down === undefined ? 0 : Date.now() - this.down)) / 1000;
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      const since = Date.now();
      const answered = await this.answers().catch(() => false);
      if (!answered) this.down ??= since;
      else if (this.down !== undefined) {
        this.total += since - this.down;
        this.down = undefined;
      }
      await pause(EVERY_MS);
    }
  }
}
