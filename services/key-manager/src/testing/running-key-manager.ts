import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import type { ServiceName } from '@muster/contracts';
import { createLog, createService, loadConfig } from '@muster/service-kit';
import {
  eventually,
  type ServiceDouble,
  startDouble,
  startNats,
  startPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@muster/testing';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { KeyManagerConfig } from '../key-manager.config';

export const EDGE_SECRET = 'only-the-edge-of-this-test-knows';
export const FIRST_PASSWORD = 'first-owner-password';
export const OWNER_EMAIL = 'admin@example.test';

export interface Instance {
  app: NestFastifyApplication;
  origin: string;
  /** Every line that it logged. */
  lines: string[];
}

/** A key manager with a real PostgreSQL and NATS around it; further instances share them. */
export class RunningKeyManager {
  readonly instances: Instance[] = [];
  private readonly others: ServiceDouble[] = [];

  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly database: TestDatabase<'identity'>,
    readonly caDir: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<RunningKeyManager> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['identity']);
    const running = new RunningKeyManager(postgres, nats, database, await mkdtemp(join(tmpdir(), 'muster-km-')));
    await running.addInstance(settings);
    return running;
  }

  get origin(): string {
    return this.instances[0]?.origin ?? '';
  }

  async addInstance(settings: Record<string, string> = {}): Promise<Instance> {
    const lines: string[] = [];
    const config = loadConfig(KeyManagerConfig, 'key-manager', { ...this.environment(), ...settings });
    const log = createLog('key-manager', 'debug', { write: (line) => void lines.push(line) });
    const app = await createService(
      { service: 'key-manager', module: AppModule, config: KeyManagerConfig },
      config,
      log,
    );
    await app.listen(0, '127.0.0.1');
    await eventually(() => app.get(Bus).connected);
    const instance = { app, origin: await app.getUrl(), lines };
    this.instances.push(instance);
    return instance;
  }

  environment(): Record<string, string> {
    const { url, user, password } = this.nats.credentials('key-manager');
    return {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      ITSM_DOMAIN: 'itsm.example.test',
      ITSM_WEB_HOST: 'inside.example.test', // by which devices come
      KEY_MANAGER_DATABASE_URL: this.database.urls.identity.url,
      KEY_MANAGER_DATABASE_OWNER_URL: this.database.urls.identity.ownerUrl,
      FIRST_ADMIN_PASSWORD: FIRST_PASSWORD,
      CA_DIR: this.caDir,
      CA_CREATE: 'true',
      CA_RELOAD_SECONDS: '1',
    };
  }

  /** The bus as another service has it: with that service's own credentials. */
  async busOf(service: ServiceName, providers: Provider[] = []): Promise<Bus> {
    const double = await startDouble(service, this.nats, providers);
    this.others.push(double);
    return double.bus;
  }

  /** As the database's administrator, around every wall. */
  async sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.database.adminUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    for (const other of this.others) await other.stop();
    for (const { app } of this.instances) await app.close();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    await rm(this.caDir, { recursive: true, force: true });
  }
}
