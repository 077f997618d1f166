import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import { EDGE_HEADERS, revocationHeartbeat } from '@muster/contracts';
import { createService, loadConfig, RevocationList } from '@muster/service-kit';
import {
  eventually,
  startNats,
  startPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
  type ServiceDouble,
  startDouble,
} from '@muster/testing';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { WebConfig, type WebRole } from '../config';
import { facesOf } from '../faces';
import { KeyManagerDouble } from './key-manager';

export const EDGE_SECRET = 'edge-secret-of-the-tests';

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** The service on real PostgreSQL and NATS, asked as the edge asks it. */
export class WebUnderTest {
  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly database: TestDatabase<'core'>,
    readonly keyManager: KeyManagerDouble,
    private readonly keyManagerService: ServiceDouble,
    /** As the superuser, past every wall: for looking at rows. */
    readonly admin: Client,
  ) {}

  private readonly apps: NestFastifyApplication[] = [];

  static async start(): Promise<WebUnderTest> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['core']);
    const keyManagerService = await startDouble('key-manager', nats, [KeyManagerDouble]);
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    const keyManager = keyManagerService.get(KeyManagerDouble);
    return new WebUnderTest(postgres, nats, database, keyManager, keyManagerService, admin);
  }

  /** Starts one process' worth of the service within the test; ready when it knows about revocations. */
  async startWeb(role: WebRole = 'all', settings: Record<string, string> = {}): Promise<NestFastifyApplication> {
    const config = loadConfig(WebConfig, 'web', this.environment(role, settings));
    const app = await createService(
      {
        service: 'web',
        config: WebConfig,
        compose: () => AppModule.forRole(role),
        faces: () => facesOf(role),
      },
      config,
    );
    this.apps.push(app);
    await eventually(() => app.get(Bus).connected);
    await eventually(async () => {
      await this.keyManagerService.bus.publish(revocationHeartbeat, { sequence: 0 });
      return app.get(RevocationList).fresh;
    });
    return app;
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.admin.query<T>(sql, parameters)).rows;
  }

  async stop(): Promise<void> {
    for (const app of this.apps) await app.close();
    await this.keyManagerService.stop();
    await this.admin.end();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
  }

  private environment(role: WebRole, settings: Record<string, string>): Record<string, string> {
    const { url, user, password } = this.nats.credentials('web');
    return {
      WEB_ROLE: role,
      WEB_DATABASE_URL: this.database.urls.core.url,
      WEB_DATABASE_OWNER_URL: this.database.urls.core.ownerUrl,
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      ...settings,
    };
  }
}

/** A request as the edge hands it on. `as`: a token of `KeyManagerDouble.people`; `certificate`: a device's, PEM. */
export async function ask(
  app: NestFastifyApplication,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { as, certificate, body }: { as?: string; certificate?: string; body?: object } = {},
): Promise<Reply> {
  const response = await app.inject({
    method,
    url: path,
    headers: {
      [EDGE_HEADERS.secret]: EDGE_SECRET,
      [EDGE_HEADERS.address]: '198.51.100.7',
      ...(as ? { authorization: `Bearer ${as}` } : {}),
      ...(certificate ? { [EDGE_HEADERS.clientCertificate]: encodeURIComponent(certificate) } : {}),
    },
    ...(body ? { payload: body } : {}),
  });
  const parsed = response.body === '' ? {} : (JSON.parse(response.body) as Record<string, unknown>);
  return { status: response.statusCode, body: parsed };
}
