import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Log } from '@muster/service-kit';
import { WebConfig } from '../config';
import { Leases } from '../leases/leases.service';
import { BrokerNodes } from './broker-nodes';
import { SweepSteps } from './sweep-steps';

const LEASE = 'presence sweep';
const LEASE_SECONDS = 15;

/**
 * What no event tells: leases that lapse, nodes that do not come back, polling devices that fall silent. One instance
 * sweeps at a time; every step starts from what is stored, so the next one goes on where a dead one stopped.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private stopped = false;
  private leading = false;

  constructor(
    private readonly steps: SweepSteps,
    private readonly nodes: BrokerNodes,
    private readonly leases: Leases,
    private readonly config: WebConfig,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.plan(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
    if (this.leading) await this.leases.release(LEASE).catch(() => undefined);
  }

  private plan(milliseconds: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.sweep()
        .catch((error: unknown) => this.log.warn({ err: error }, 'Presence was not swept; the next sweep tries again.'))
        .then(() => this.plan(this.config.PRESENCE_SWEEP_SECONDS * 1000));
    }, milliseconds);
  }

  private async extend(): Promise<void> {
    try {
      await this.leases.hold(LEASE, LEASE_SECONDS);
    } catch (error) {
      this.log.debug({ err: error }, 'The lease of the sweep was not extended.');
    }
  }

  private async sweep(): Promise<void> {
    const led = this.leading;
    this.leading = await this.leases.hold(LEASE, LEASE_SECONDS);
    if (!this.leading) return;
    if (!led) await this.nodes.grantGrace();
    // After an outage a sweep may take longer than the lease.
    const extending = setInterval(() => void this.extend(), (LEASE_SECONDS * 1000) / 3);
    try {
      await this.steps.all();
    } finally {
      clearInterval(extending);
    }
  }
}
