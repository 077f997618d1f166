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
    private readonly everything = false,
  ) {}

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  credentials(service: ServiceName): NatsCredentials {
    if (!this.services.includes(service)) throw new Error(`this NATS has no user for ${service}`);
    return { url: this.url, user: service, password: PASSWORD };
  }

  /** Of the user who may copy all streams. */
  get backupCredentials(): NatsCredentials {
    return { url: this.url, user: 'backup', password: PASSWORD };
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
    const config = natsServerConfig({
      role: 'hub',
      serverName: 'test-hub',
      listen: { host: '127.0.0.1', port: this.port },
      monitor: { host: '127.0.0.1', port: this.monitorPort },
      passwords: Object.fromEntries(this.services.map((service) => [service, PASSWORD])),
      system: { user: 'system', password: PASSWORD },
      backupPassword: PASSWORD,
      jetStream: {
        storeDir: join(this.folder, 'jetstream'),
        maxFileBytes: 16 * 1024 ** 3,
        maxMemoryBytes: 32 * 1024 ** 2,
      },
    });
    const user = `      { user: everything, password: ${PASSWORD} }\n`;
    return this.everything ? config.replace(/(MUSTER \{[^[]*users: \[\n)/, `$1${user}`) : config;
  }
}

/**
 * Starts a hub with users for these services; for all of them when none are named.
 * @param options `everything`: also a user of that name, with all rights in the services' account
 */
export async function startNats(
  options: { services?: readonly ServiceName[]; everything?: boolean } = {},
): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-nats-'));
  const nats = new TestNats(
    folder,
    await freePort(),
    await freePort(),
    options.services ?? SERVICES,
    options.everything,
  );
  await nats.start();
  return nats;
}
