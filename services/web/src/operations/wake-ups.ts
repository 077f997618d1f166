import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { devicesWoken } from '@muster/contracts';
import { Log } from '@muster/service-kit';

const COLLECT_MS = 20;
const MOST_IN_MESSAGE = 1000;

/**
 * Hints for the broker that something waits for devices. Collected for a moment, so that ten operations for one device
 * are one hint. A hint may be lost with the bus: `operations.hint_after` was committed with the operation, and the sweeper
 * hints again while the device is connected and has not come.
 */
@Injectable()
export class WakeUps implements BeforeApplicationShutdown {
  private readonly waiting = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Call it after the commit: a device that comes at once must find what it was woken for. */
  wake(deviceIds: Iterable<string>): void {
    for (const id of deviceIds) this.waiting.add(id);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => void this.send(), COLLECT_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.send();
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = [...this.waiting];
    this.waiting.clear();
    try {
      for (let start = 0; start < ids.length; start += MOST_IN_MESSAGE) {
        await this.bus.publish(devicesWoken, { deviceIds: ids.slice(start, start + MOST_IN_MESSAGE) });
      }
    } catch (error) {
      this.log.debug({ err: error, devices: ids.length }, 'wake-up hints were lost; the sweeper repeats them');
    }
  }
}
