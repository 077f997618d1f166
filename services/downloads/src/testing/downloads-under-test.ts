import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import {
  type AskRelease,
  EDGE_HEADERS,
  PIECE_BYTES,
  type Release,
  type ReleaseAnswer,
  type ReleaseManifest,
  revocationHeartbeat,
  type RollOut,
} from '@muster/contracts';
import { createLog, createService, loadConfig, RevocationList } from '@muster/service-kit';
import {
  DirectoryDouble,
  eventually,
  OutboxRecord,
  PeopleDouble,
  type ServiceDouble,
  startDouble,
  startNats,
  startPostgres,
  TestAuthority,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@muster/testing';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { DownloadsConfig } from '../config';
import { AuthorityDouble, signed } from './authority-double';
import { BrokerDouble } from './broker-double';

const EDGE_SECRET = 'edge-secret-of-the-tests';

export interface Reply<T> {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  body: T;
}
export interface TestDevice {
  id: string;
  organisationId: string;
  certificate: string;
}
type Headers = Record<string, string>;

/** Everybody at once, with failures as the tests want them. */
export const ROLL_OUT: RollOut = {
  channel: 'stable',
  percentage: 100,
  mostAtOnce: 1000,
  stop: { failures: 2, sharePercent: 100, shareAfter: 1000 },
};

/** The service on real PostgreSQL, NATS and disk, listening on a port and asked as the edge asks it. */
export class DownloadsUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'muster-downloads-'));
  app: NestFastifyApplication;

  private constructor(
    private readonly postgres: TestPostgres,
    private readonly nats: TestNats,
    private readonly database: TestDatabase<'downloads'>,
    private readonly doubles: Readonly<Record<'keyManager' | 'web' | 'broker', ServiceDouble>>,
  ) {}

  static async start(settings: Headers = {}): Promise<DownloadsUnderTest> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    AuthorityDouble.authority = await TestAuthority.create();
    const database = await postgres.createDatabase(['downloads']);
    const keyManager = await startDouble('key-manager', nats, [PeopleDouble, AuthorityDouble]);
    const web = await startDouble('web', nats, [DirectoryDouble]);
    const broker = await startDouble('push-broker', nats, [BrokerDouble]);
    const under = new DownloadsUnderTest(postgres, nats, database, { keyManager, web, broker });
    await under.restart(settings);
    return under;
  }

  /** Ends the instance that runs, if one does, and starts another on the same data. */
  async restart(settings: Headers = {}): Promise<void> {
    await this.app?.close();
    const { url, user, password } = this.nats.credentials('downloads');
    const config = loadConfig(DownloadsConfig, 'downloads', {
      DOWNLOADS_DATABASE_URL: this.database.urls.downloads.url,
      DOWNLOADS_DATABASE_OWNER_URL: this.database.urls.downloads.ownerUrl,
      ...{ NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password, EDGE_SECRET },
      PACKAGE_DIR: join(this.folder, 'packages'),
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      ...settings,
    });
    const log = createLog('downloads', config.LOG_LEVEL);
    this.app = await createService({ service: 'downloads', config: DownloadsConfig, module: AppModule }, config, log);
    await this.app.listen(0, '127.0.0.1');
    await eventually(() => this.app.get(Bus).connected);
    await eventually(async () => {
      await this.doubles.keyManager.bus.publish(revocationHeartbeat, { sequence: 0 });
      return this.app.get(RevocationList).fresh;
    });
  }

  get people(): PeopleDouble['people'] {
    return this.doubles.keyManager.get(PeopleDouble).people;
  }

  /** Where hints for devices arrive. */
  get broker(): BrokerDouble {
    return this.doubles.broker.get(BrokerDouble);
  }

  /** `web`, which tells what becomes of devices. */
  get web(): ServiceDouble {
    return this.doubles.web;
  }

  /** A device that `web` knows. One certificate serves all: what the edge passes on is what its subject says. */
  async device(organisationId: string = DEFAULT_ORGANISATION_ID): Promise<TestDevice> {
    const id = randomUUID();
    const { chain } = await AuthorityDouble.authority.device(id, { xmppDomain: 'xmpp.test' });
    const leaf = chain.slice(0, chain.indexOf('-----END CERTIFICATE-----') + 26);
    this.doubles.web.get(DirectoryDouble).homes.set(id, organisationId);
    return { id, organisationId, certificate: encodeURIComponent(leaf) };
  }

  /** As a person, by the name that the key manager knows. */
  as<T = Release>(person: string, method: string, path: string, body?: object): Promise<Reply<T>> {
    return this.call(method, path, { authorization: `Bearer ${person}` }, body);
  }

  by<T = unknown>(device: TestDevice, method: string, path: string, body?: object, headers: Headers = {}) {
    return this.call<T>(method, path, { [EDGE_HEADERS.clientCertificate]: device.certificate, ...headers }, body);
  }

  ask(device: TestDevice, changes: Partial<AskRelease> = {}): Promise<Reply<ReleaseAnswer>> {
    return this.by(device, 'POST', '/releases/wanted', { version: '1.0.0', platform: 'linux-x64', ...changes });
  }

  outcome(device: TestDevice, releaseId: string, outcome: 'installed' | 'failed', why?: string) {
    return this.by(device, 'POST', `/releases/${releaseId}/outcome`, { outcome, fromVersion: '1.0.0', why });
  }

  manifest(content: Buffer, changes: Partial<ReleaseManifest> = {}): ReleaseManifest {
    return {
      ...{ purpose: 'release', product: 'muster-agent', version: '1.1.0', platform: 'any' },
      ...{ sha256: createHash('sha256').update(content).digest('hex'), sizeBytes: content.length },
      ...{ unpackedBytes: 1000, issuedAt: new Date().toISOString(), ...changes },
    };
  }

  /** Announces and uploads a release. */
  async publish(content: Buffer, changes: Partial<ReleaseManifest> = {}): Promise<Release> {
    const manifest = signed(JSON.stringify(this.manifest(content, changes)));
    const { body } = await this.as('owner', 'POST', '/downloads/releases', { manifest });
    return this.upload(body.id, content);
  }

  async upload(id: string, content: Buffer): Promise<Release> {
    let release: Release | undefined;
    for (let number = 0; number * PIECE_BYTES < content.length; number++) {
      const data = content.subarray(number * PIECE_BYTES, (number + 1) * PIECE_BYTES).toString('base64');
      const { status, body } = await this.as('owner', 'PUT', `/downloads/releases/${id}/package`, { number, data });
      if (status !== 200) throw new Error(`piece ${number}: ${status} ${JSON.stringify(body)}`);
      release = body;
    }
    return release as Release;
  }

  rollOut(id: string, changes: Partial<RollOut> = {}): Promise<Reply<Release>> {
    return this.as('owner', 'PUT', `/downloads/releases/${id}/roll-out`, { ...ROLL_OUT, ...changes });
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    const client = new Client({ connectionString: this.database.adminUrl });
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /** Events as they were written to the outbox from now on. */
  recordEvents(): Promise<OutboxRecord> {
    return OutboxRecord.of(this.database.adminUrl, 'downloads');
  }

  /** The first so many bytes of a reply, after which the caller hangs up. */
  cut(device: TestDevice, path: string, bytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.edge, [EDGE_HEADERS.clientCertificate]: device.certificate };
      const call = request({ port: this.port, host: '127.0.0.1', path, headers }, (response) => {
        const got: Buffer[] = [];
        response.on('data', (piece: Buffer) => {
          got.push(piece);
          if (Buffer.concat(got).length < bytes) return;
          call.destroy();
          resolve(Buffer.concat(got).subarray(0, bytes));
        });
      });
      call.once('error', reject).end();
    });
  }

  async stop(): Promise<void> {
    await this.app?.close();
    await Promise.all(Object.values(this.doubles).map((double) => double.stop()));
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    AuthorityDouble.authority.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  private get edge(): Headers {
    return { [EDGE_HEADERS.secret]: EDGE_SECRET, [EDGE_HEADERS.address]: '198.51.100.7' };
  }

  private call<T>(method: string, path: string, headers: Headers, body?: object): Promise<Reply<T>> {
    const sent = body && { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const given = { ...this.edge, ...headers, ...sent };
      const call = request({ port: this.port, host: '127.0.0.1', method, path, headers: given }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.once('error', reject);
        response.once('end', () => {
          const bytes = Buffer.concat(pieces);
          const json = String(response.headers['content-type']).startsWith('application/json') && bytes.length > 0;
          const parsed = (json ? JSON.parse(bytes.toString()) : {}) as T;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, body: parsed });
        });
      });
      call.once('error', reject);
      call.end(body && JSON.stringify(body));
    });
  }
}
