import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import {
  DEFAULT_ORGANISATION_ID,
  EDGE_HEADERS,
  logsFollowed,
  mergeQuestionAnswered,
  outputFollowed,
  revocationHeartbeat,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { createService, loadConfig, RevocationList } from '@muster/service-kit';
import {
  eventually,
  startNats,
  startPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
  PeopleDouble,
  type ServiceDouble,
  startDouble,
} from '@muster/testing';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { RmmLogsConfig } from '../config';
import { WebDouble } from './doubles';

export const EDGE_SECRET = 'edge-secret-of-the-tests';

export interface Reply {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
}
export interface TestDevice {
  id: string;
  organisationId: string;
  certificate: string;
}

/** The service on real PostgreSQL and NATS, asked as the edge asks it. */
export class RmmLogsUnderTest {
  private readonly apps: NestFastifyApplication[] = [];

  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly database: TestDatabase<'rmm_logs'>,
    private readonly doubles: { keyManager: ServiceDouble; web: ServiceDouble },
    /** As the superuser, past every wall: for looking at rows. */
    readonly admin: Client,
  ) {}

  static async start(): Promise<RmmLogsUnderTest> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['rmm_logs']);
    const keyManager = await startDouble('key-manager', nats, [PeopleDouble]);
    const web = await startDouble('web', nats, [WebDouble]);
    const admin = new Client({ connectionString: database.adminUrl });
    admin.on('error', () => undefined);
    await admin.connect();
    return new RmmLogsUnderTest(postgres, nats, database, { keyManager, web }, admin);
  }

  get people(): PeopleDouble['people'] {
    return this.doubles.keyManager.get(PeopleDouble).people;
  }
  get web(): WebDouble {
    return this.doubles.web.get(WebDouble);
  }

  /** Starts one process' worth of the service within the test; ready when it knows about revocations. */
  async startService(settings: Record<string, string> = {}): Promise<NestFastifyApplication> {
    const config = loadConfig(RmmLogsConfig, 'rmm-logs', this.environment(settings));
    const app = await createService({ service: 'rmm-logs', module: AppModule, config: RmmLogsConfig }, config);
    this.apps.push(app);
    await eventually(() => app.get(Bus).connected);
    await eventually(async () => {
      await this.doubles.keyManager.bus.publish(revocationHeartbeat, { sequence: 0 });
      return app.get(RevocationList).fresh;
    });
    return app;
  }

  async stopService(app: NestFastifyApplication): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.close();
  }

  environment(settings: Record<string, string> = {}): Record<string, string> {
    const { url, user, password } = this.nats.credentials('rmm-logs');
    return {
      RMM_LOGS_DATABASE_URL: this.database.urls.rmm_logs.url,
      RMM_LOGS_DATABASE_OWNER_URL: this.database.urls.rmm_logs.ownerUrl,
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      ...settings,
    };
  }

  /** An enrolled device, as far as this service can tell. */
  device(organisationId = DEFAULT_ORGANISATION_ID, id = newId()): TestDevice {
    this.web.homes.set(id, organisationId);
    return { id, organisationId, certificate: certificateOf(id) };
  }

  /** Somebody said that both are one machine. */
  async answerSame(known: TestDevice, newcomer: TestDevice): Promise<void> {
    await this.doubles.web.bus.publish(mergeQuestionAnswered, {
      organisationId: known.organisationId,
      actor: { kind: 'person', id: newId(), name: 'Ada' },
      at: new Date().toISOString(),
      ...{ questionId: newId(), knownId: known.id, newcomerId: newcomer.id, answer: 'same' },
      ...{ knownName: 'before', newcomerName: 'after' },
    });
  }

  /** A console of this organisation follows the device's logs. */
  async follow({ id }: TestDevice, organisationId: string, seconds = 60): Promise<void> {
    await this.doubles.web.bus.publish(logsFollowed, { organisationId, deviceIds: [id], seconds });
  }

  /** A console of this organisation follows the operation's output. */
  async followOutput(operationId: string, organisationId: string, seconds = 60): Promise<void> {
    await this.doubles.web.bus.publish(outputFollowed, { organisationId, operationIds: [operationId], seconds });
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.admin.query<T>(sql, parameters)).rows;
  }

  /** Rows that somebody else holds until it is released. */
  async holding(sql: string, parameters: unknown[]): Promise<{ release: () => Promise<void> }> {
    const client = new Client({ connectionString: this.database.adminUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql, parameters);
    return { release: () => client.end() };
  }

  async count(table: string, device?: TestDevice): Promise<number> {
    const [row] = await this.rows<{ count: string }>(
      `SELECT count(*) AS count FROM rmm_logs.${table} WHERE $1::uuid IS NULL OR device_id = $1`,
      [device?.id ?? null],
    );
    return Number(row?.count);
  }

  async stop(): Promise<void> {
    for (const app of this.apps) await app.close();
    await Promise.all([this.doubles.keyManager.stop(), this.doubles.web.stop()]);
    await this.admin.end();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
  }
}

interface Asked {
  as?: string;
  device?: TestDevice;
  body?: object;
  gzip?: boolean;
}

/** A request as the edge hands it on. `as`: a token of `PeopleDouble.people`; `device`: whose certificate it had. */
export async function ask(
  app: NestFastifyApplication,
  method: 'GET' | 'POST',
  path: string,
  { as, device, body, gzip }: Asked = {},
): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await app.inject({
    method,
    url: path,
    headers: {
      [EDGE_HEADERS.secret]: EDGE_SECRET,
      [EDGE_HEADERS.address]: '198.51.100.7',
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      ...(as ? { authorization: `Bearer ${as}` } : {}),
      ...(device ? { [EDGE_HEADERS.clientCertificate]: encodeURIComponent(device.certificate) } : {}),
    },
    ...(text === undefined ? {} : { payload: gzip ? gzipSync(text) : text }),
  });
  const isJson = String(response.headers['content-type']).includes('json');
  const parsed = isJson && response.body !== '' ? (JSON.parse(response.body) as Record<string, unknown>) : {};
  return { status: response.statusCode, body: parsed, headers: response.headers };
}

let folder: string | undefined;
/** One key serves all devices of the tests: who they are stands in the subject. */
function certificateOf(deviceId: string): string {
  folder ??= makeKey();
  return execFileSync('openssl', [
    ...'req -x509 -nodes -days 2 -key'.split(' '),
    join(folder, 'key.pem'),
    '-subj',
    `/CN=${deviceId}`,
  ]).toString();
}
function makeKey(): string {
  const made = mkdtempSync(join(tmpdir(), 'muster-rmm-logs-test-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  const key = join(made, 'key.pem');
  execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  return made;
}
