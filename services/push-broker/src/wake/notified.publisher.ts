import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { devicesNotified } from '@muster/contracts';

const GATHER_MS = 100;
const BATCH = 1000;

/** Tells which devices a wake-up was handed to. A hint: what gets lost shows itself when the device syncs. */
@Injectable()
export class NotifiedPublisher {
  private readonly devices = new Set<string>();
  private gathering?: NodeJS.Timeout;

  constructor(private readonly bus: Bus) {}

  add(deviceId: string): void {
    this.devices.add(deviceId);
    this.gathering ??= setTimeout(() => void this.publish(), GATHER_MS).unref();
  }

  private async publish(): Promise<void> {
    this.gathering = undefined;
    const all = [...this.devices];
    this.devices.clear();
    const at = new Date().toISOString();
    for (let start = 0; start < all.length; start += BATCH)
      await this.bus
        .publish(devicesNotified, { deviceIds: all.slice(start, start + BATCH), at })
        .catch(() => undefined);
  }
}
