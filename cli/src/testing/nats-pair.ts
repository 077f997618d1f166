import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, eventually, freePort } from '@muster/testing';

/** A real hub and, linked to it, a real leaf node, with JetStream and monitoring. */
export class NatsPair {
  private hub?: Child;
  private leaf?: Child;

  private constructor(
    private readonly folder: string,
    private readonly ports: { hub: number; link: number; hubMonitor: number; leaf: number; leafMonitor: number },
  ) {}

  static async start(folder: string): Promise<NatsPair> {
    const [hub, link, hubMonitor, leaf, leafMonitor] = await Promise.all(Array.from({ length: 5 }, () => freePort()));
    const pair = new NatsPair(folder, {
      ...{ hub: hub ?? 0, link: link ?? 0, hubMonitor: hubMonitor ?? 0 },
      ...{ leaf: leaf ?? 0, leafMonitor: leafMonitor ?? 0 },
    });
    await pair.startHub();
    await pair.startLeaf();
    return pair;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.ports.hub}`;
  }
  get hubMonitor(): string {
    return `http://127.0.0.1:${this.ports.hubMonitor}`;
  }
  get leafMonitor(): string {
    return `http://127.0.0.1:${this.ports.leafMonitor}`;
  }

  async startLeaf(): Promise<void> {
    const { leaf, leafMonitor, link } = this.ports;
    this.leaf = await this.server('leaf', leaf, leafMonitor, [
      `leafnodes { reconnect: 1, remotes: [{ url: "nats://127.0.0.1:${link}" }] }`,
    ]);
  }

  async stopLeaf(): Promise<void> {
    await this.leaf?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await Promise.all([this.leaf?.stop('SIGKILL'), this.hub?.stop('SIGKILL')]);
  }

  private async startHub(): Promise<void> {
    const { hub, hubMonitor, link } = this.ports;
    this.hub = await this.server('hub', hub, hubMonitor, [`leafnodes { listen: "127.0.0.1:${link}" }`]);
  }

  private async server(name: string, port: number, monitor: number, more: readonly string[]): Promise<Child> {
    const file = join(this.folder, `${name}.conf`);
    const store = join(this.folder, name);
    const jetStream = `jetstream { store_dir: "${store}", max_file_store: 100000000, domain: ${name} }`;
    const listen = [`server_name: ${name}`, `listen: "127.0.0.1:${port}"`, `http: "127.0.0.1:${monitor}"`];
    writeFileSync(file, [...listen, jetStream, ...more, ''].join('\n'));
    const child = new Child('nats-server', ['-c', file]);
    await eventually(async () => {
      if (!child.running) throw new Error(`nats-server did not start: ${child.lastOutput}`);
      return (await fetch(`http://127.0.0.1:${monitor}/healthz`)).ok;
    });
    return child;
  }
}
