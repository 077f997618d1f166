import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Bus } from '@muster/bus';
import { devicesWoken } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { WebConfig } from '../config';

const MOST_IN_MESSAGE = 1000;

/**
 * Tells connected devices of a new endpoint map, not all in the same second. Nothing of it is kept: devices that it does
 * not reach, because this process ends or the bus is away, get the map at their next regular sync.
 */
@Injectable()
export class MapWakeUps implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private begun = 0;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: WebConfig,
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Returns at once. A map that comes meanwhile begins anew: whoever was woken for the one before needs this one too. */
  begin(): void {
    this.begun += 1;
    const turn = this.begun;
    this.running = this.running
      .then(() => this.wake(() => turn === this.begun && !this.ending.signal.aborted))
      .catch((error: unknown) => this.log.warn({ err: error }, 'Devices get the new endpoint map as they sync.'));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async wake(goesOn: () => boolean): Promise<void> {
    const seconds = this.config.ENDPOINT_MAP_WAKE_SECONDS;
    const rows = await this.database.across('devices that are told of a new endpoint map', (manager) =>
      manager.query<{ id: string }[]>(
        `SELECT id FROM core.devices WHERE presence = 'online' AND retired_at IS NULL ORDER BY id`,
      ),
    );
    const inSecond = Math.max(1, Math.ceil(rows.length / seconds));
    for (let start = 0; start < rows.length && goesOn(); start += inSecond) {
      await this.publish(rows.slice(start, start + inSecond).map(({ id }) => id));
      await pause(1000, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
    if (rows.length > 0 && goesOn()) this.log.info({ devices: rows.length }, 'Connected devices were told of the map.');
  }

  private async publish(deviceIds: readonly string[]): Promise<void> {
    for (let start = 0; start < deviceIds.length; start += MOST_IN_MESSAGE) {
      await this.bus.publish(devicesWoken, { deviceIds: deviceIds.slice(start, start + MOST_IN_MESSAGE) });
    }
  }
}
