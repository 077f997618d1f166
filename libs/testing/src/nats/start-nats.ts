import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsServerConfig } from '@muster/bus';
import { SERVICES, type ServiceName } from '@muster/contracts';
import { Child } from '../process/child';
import { eventually } from '../process/eventually';
import { freePort } from '../process/free-port';

const PASSWORD = 'test-only-password';

export interface NatsCredentials {
  url: string;
  user: string;
  password: string;
}

/** A nats-server with the accounts and permissions that the contracts ask for. It ends with the test process. */
export class TestNats {
  private server?: Child;

  constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly monitorPort: number,
    private readonly services: readonly ServiceName[],
  ) {}

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  credentials(service: ServiceName): NatsCredentials {
    if (!this.services.includes(service)) throw new Error(`this NATS has no user for ${service}`);
    return { url: this.url, user: service, password: PASSWORD };
  }

  /** Starts the server, also again after `crash`; streams are still there. */
  async start(): Promise<void> {
    const file = join(this.folder, 'nats.conf');
    writeFileSync(file, this.config(), { mode: 0o600 });
    const server = new Child(process.env['NATS_SERVER'] ?? 'nats-server', ['-c', file], { folder: this.folder });
    this.server = server;
    await eventually(async () => {
      if (!server.running) throw new Error(`nats-server did not start: ${server.lastOutput}`);
      return (await fetch(`http://127.0.0.1:${this.monitorPort}/healthz`)).ok;
    });
  }

  async crash(): Promise<void> {
    await this.server?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.server?.stop('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private config(): string {
    return natsServerConfig({
      role: 'hub',
      serverName: 'test-hub',
      listen: { host: '127.0.0.1', port: this.port },
      monitor: { host: '127.0.0.1', port: this.monitorPort },
      passwords: Object.fromEntries(this.services.map((service) => [service, PASSWORD])),
      system: { user: 'system', password: PASSWORD },
      jetStream: {
        storeDir: join(this.folder, 'jetstream'),
        maxFileBytes: 16 * 1024 ** 3,
        maxMemoryBytes: 32 * 1024 ** 2,
      },
    });
  }
}

/** Starts a hub with users for these services; for all of them when none are named. */
export async function startNats(options: { services?: readonly ServiceName[] } = {}): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-nats-'));
  const nats = new TestNats(folder, await freePort(), await freePort(), options.services ?? SERVICES);
  await nats.start();
  return nats;
}
