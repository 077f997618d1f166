import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import { EDGE_HEADERS, revocationHeartbeat } from '@muster/contracts';
import { createLog, createService, loadConfig, RevocationList } from '@muster/service-kit';
import {
  eventually,
  startNats,
  startPostgres,
  type ServiceDouble,
  startDouble,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@muster/testing';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { PluginsConfig } from '../config';
import { People, uuidOf, Web } from './neighbours';

const EDGE_SECRET = 'edge-secret-of-the-tests';

export interface Reply<T = Record<string, unknown>> {
  status: number;
  body: T;
  text: string;
}
/** A device with its certificate. */
export interface TestDevice {
  id: string;
  organisationId: string;
  certificate: string;
}

/** The service on real PostgreSQL and NATS, asked as the edge asks it. */
export class PluginsUnderTest {
  readonly apps: NestFastifyApplication[] = [];

  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly database: TestDatabase<'plugins'>,
    readonly keyManager: ServiceDouble,
    readonly web: ServiceDouble,
    /** As the superuser, past every wall: for looking at rows. */
    readonly admin: Client,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<PluginsUnderTest> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['plugins']);
    const keyManager = await startDouble('key-manager', nats, [People]);
    const web = await startDouble('web', nats, [Web]);
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    const under = new PluginsUnderTest(postgres, nats, database, keyManager, web, admin);
    await under.addInstance(settings);
    return under;
  }

  async addInstance(settings: Record<string, string> = {}): Promise<NestFastifyApplication> {
    const config = loadConfig(PluginsConfig, 'plugins', { ...this.environment(), ...settings });
    const log = createLog('plugins', config.LOG_LEVEL);
    const app = await createService({ service: 'plugins', config: PluginsConfig, module: AppModule }, config, log);
    this.apps.push(app);
    await eventually(() => app.get(Bus).connected);
    await eventually(async () => {
      await this.keyManager.bus.publish(revocationHeartbeat, { sequence: 0 });
      return app.get(RevocationList).fresh;
    });
    return app;
  }

  get app(): NestFastifyApplication {
    const [app] = this.apps;
    if (!app) throw new Error('no instance runs');
    return app;
  }

  /** A device that `web` knows. */
  device(organisationId: string = uuidOf()): TestDevice {
    const device = { id: uuidOf(), organisationId, certificate: '' };
    device.certificate = encodeURIComponent(certificateOf(device.id));
    this.web.get(Web).homes.set(device.id, organisationId);
    return device;
  }

  /** Hands in a batch as the device. */
  async report(device: TestDevice, reports: object[], options: { spool?: string; gzip?: boolean } = {}) {
    const body = { spool: options.spool ?? device.id, sentAt: new Date().toISOString(), reports };
    const text = JSON.stringify(body);
    return this.inject<{ taken: number; refused: Array<{ index: number; code: string; problem: string }> }>({
      method: 'POST',
      url: '/reports/inventory',
      headers: {
        'content-type': 'application/json',
        [EDGE_HEADERS.clientCertificate]: device.certificate,
        ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
      },
      payload: options.gzip ? gzipSync(text) : text,
    });
  }

  async digests(device: TestDevice) {
    const reply = await this.inject<{
      sections: Array<{ section: string; digest?: string; at: string }>;
      pending: boolean;
      collectSeconds: number;
    }>({
      method: 'GET',
      url: '/reports/inventory/digests',
      headers: { [EDGE_HEADERS.clientCertificate]: device.certificate },
    });
    return reply.body;
  }

  /** Waits until everything that was handed in is stored. */
  async settled(...devices: TestDevice[]): Promise<void> {
    for (const device of devices) {
      await eventually(async () => !(await this.digests(device)).pending, { within: 60_000 });
    }
  }

  /** Asks as a person who may read inventories of the organisation. */
  get<T>(organisationId: string, url: string, permission = 'inventory.read'): Promise<Reply<T>> {
    const headers = { authorization: `Bearer ${organisationId}/${permission}` };
    return this.inject<T>({ method: 'GET', url, headers });
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.admin.query<T>(sql, parameters)).rows;
  }

  async stop(): Promise<void> {
    for (const app of this.apps) await app.close();
    await Promise.all([this.keyManager.stop(), this.web.stop()]);
    await this.admin.end();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
  }

  environment(): Record<string, string> {
    const { url, user, password } = this.nats.credentials('plugins');
    return {
      PLUGINS_DATABASE_URL: this.database.urls.plugins.url,
      PLUGINS_DATABASE_OWNER_URL: this.database.urls.plugins.ownerUrl,
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      REPORTS_STREAM_BYTES: String(64 * 1024 * 1024),
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
    };
  }

  private async inject<T>(request: {
    method: 'GET' | 'POST';
    url: string;
    headers: Record<string, string>;
    payload?: string | Buffer;
  }): Promise<Reply<T>> {
    const headers = { [EDGE_HEADERS.secret]: EDGE_SECRET, [EDGE_HEADERS.address]: '198.51.100.7', ...request.headers };
    const response = await this.app.inject({ ...request, headers });
    const text = response.body;
    const body = (text.startsWith('{') ? JSON.parse(text) : {}) as T;
    return { status: response.statusCode, body, text };
  }
}

/** A self-signed certificate (P-256) of a device, PEM: the edge has checked it. */
function certificateOf(deviceId: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-plugins-test-'));
  try {
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -keyout key.pem -out cert.pem';
    execFileSync('openssl', [...args.split(' '), '-subj', `/CN=${deviceId}`], { cwd: folder, stdio: 'pipe' });
    return readFileSync(join(folder, 'cert.pem'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
