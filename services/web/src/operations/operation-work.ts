import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '@muster/service-kit';
import { Leases } from '../leases/leases.service';
import { OperationsConfig } from './operations.config';
import { OperationSweeper } from './sweeper.service';

const LEASE = 'operation-sweep';
/** A page that was full is followed by the next one at once, but not for ever: other instances want the lease, too. */
const MOST_PAGES = 20;

/** Sweeps every few seconds, on the one instance that holds the lease. */
@Injectable()
export class OperationWork implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly leases: Leases,
    private readonly sweeper: OperationSweeper,
    private readonly config: OperationsConfig,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
    await this.leases.release(LEASE).catch(() => undefined);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.sweep().finally(() => this.schedule());
    }, this.config.SWEEP_SECONDS * 1000);
  }

  private async sweep(): Promise<void> {
    try {
      if (!(await this.leases.hold(LEASE, 3 * this.config.SWEEP_SECONDS))) return;
      for (let page = 0; page < MOST_PAGES && (await this.sweeper.endOverdue()) > 0 && !this.stopped; page += 1);
      await this.sweeper.wakeAgain();
    } catch (error) {
      // The next sweep makes up for it.
      this.log.warn({ err: error }, 'operations could not be swept');
    }
  }
}
