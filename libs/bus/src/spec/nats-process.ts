import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@muster/contracts';
import { freePort } from '@muster/testing';
import { natsServerConfig } from '../server-config/nats-server-config';

const HOST = '127.0.0.1';

/** One real nats-server on loopback. It can be killed and started again on the same store and port. */
export class NatsProcess {
  private child?: ChildProcess;
  private output = '';

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    readonly leafPort: number,
  ) {}

  static async hub(services: readonly ServiceName[], leafServices: readonly ServiceName[] = []): Promise<NatsProcess> {
    return NatsProcess.started(async () => {
      const nats = new NatsProcess(mkdtempSync(join(tmpdir(), 'bus-hub-')), await freePort(), await freePort());
      nats.configure(
        natsServerConfig({
          ...nats.settings('hub', services),
          role: 'hub',
          leafListen: { host: HOST, port: nats.leafPort },
          leaf: { user: 'leaf', password: 'leaf-password', services: leafServices },
        }),
      );
      return nats;
    });
  }

  static async leafOf(hub: NatsProcess, services: readonly ServiceName[]): Promise<NatsProcess> {
    return NatsProcess.started(async () => {
      const nats = new NatsProcess(mkdtempSync(join(tmpdir(), 'bus-leaf-')), await freePort(), 0);
      const url = `ws://${HOST}:${hub.leafPort}`;
      nats.configure(
        natsServerConfig({
          ...nats.settings('leaf', services),
          role: 'leaf',
          hub: { url, user: 'leaf', password: 'leaf-password' },
        }),
      );
      return nats;
    });
  }

  /** Somebody who took the leaf's credentials, on a server of their own where they may do everything. */
  static async rogueLeafOf(hub: NatsProcess): Promise<NatsProcess> {
    const nats = new NatsProcess(mkdtempSync(join(tmpdir(), 'bus-rogue-')), await freePort(), 0);
    const url = `ws://leaf:leaf-password@${HOST}:${hub.leafPort}`;
    nats.configure(`listen: "${HOST}:${nats.port}"\nleafnodes { remotes: [{ url: "${url}" }] }\n`);
    await nats.start();
    return nats;
  }

  /** A port that was free may be another's by the time the server opens it: then it is made anew, with other ports. */
  private static async started(make: () => Promise<NatsProcess>, tries = 5): Promise<NatsProcess> {
    const nats = await make();
    try {
      await nats.start();
      return nats;
    } catch (error) {
      await nats.stop();
      if (tries <= 1 || !nats.log.includes('address already in use')) throw error;
      return NatsProcess.started(make, tries - 1);
    }
  }

  get url(): string {
    return `nats://${HOST}:${this.port}`;
  }

  get log(): string {
    return this.output;
  }

  async start(): Promise<void> {
    const program = process.env['NATS_SERVER'] ?? 'nats-server';
    const child = spawn(program, ['-c', join(this.folder, 'nats.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child = child;
    process.once('exit', () => child.kill('SIGKILL'));
    for (const deadline = Date.now() + 10_000; !(await this.accepts()); await delay(20)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`nats-server did not start:\n${this.output}`);
    }
  }

  /** As when the machine takes it away: no time to write anything. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  private settings(serverName: string, services: readonly ServiceName[]) {
    return {
      serverName,
      listen: { host: HOST, port: this.port },
      passwords: Object.fromEntries(services.map((service) => [service, passwordOf(service)])),
      system: { user: 'system', password: 'system-password' },
      jetStream: { storeDir: join(this.folder, 'store'), maxFileBytes: 2 ** 34, maxMemoryBytes: 2 ** 27 },
    };
  }

  private configure(text: string): void {
    writeFileSync(join(this.folder, 'nats.conf'), text);
  }

  private accepts(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, HOST);
      socket.once('data', () => socket.destroy());
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
  }
}

/** Holds what the configuration language could trip over. */
export const passwordOf = (service: ServiceName): string => `$${service} "{#}\\ password`;
