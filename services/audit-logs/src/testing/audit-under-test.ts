import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus } from '@muster/bus';
import {
  type AuditEntry,
  type AuditHead,
  type AuditVerdict,
  type BusEvent,
  EDGE_HEADERS,
  revocationHeartbeat,
  type ServiceName,
  type VerifyAudit,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { createLog, createService, loadConfig, RevocationList } from '@muster/service-kit';
import {
  eventually,
  startNats,
  startPostgres,
  TestAuthority,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
  type ServiceDouble,
  startDouble,
} from '@muster/testing';
import { Client } from 'pg';
import { AppModule } from '../app.module';
import { Chain } from '../chain/chain.service';
import type { Draft } from '../chain/draft';
import { AuditLogsConfig } from '../config';
import { KeyManagerDouble } from './key-manager';
import { WebDouble } from './web';

export const EDGE_SECRET = 'edge-secret-of-the-tests';

export interface Reply<T = Record<string, unknown>> {
  status: number;
  body: T;
}
export interface Instance {
  app: NestFastifyApplication;
  /** Every line that it logged. */
  lines: string[];
}

/** The service on real PostgreSQL and NATS, asked as the edge asks it. */
export class AuditUnderTest {
  readonly instances: Instance[] = [];
  private readonly publishers = new Map<ServiceName, ServiceDouble>();

  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly database: TestDatabase<'audit'>,
    readonly authority: TestAuthority,
    /** As the superuser, past every wall and right: for looking at rows, and for tampering with them. */
    readonly admin: Client,
  ) {}

  /** `since`: when the suite's authority was made. */
  static async start({ since }: { since?: Date } = {}): Promise<AuditUnderTest> {
    const authority = await TestAuthority.create(since ? { notBefore: since } : {});
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['audit']);
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    const suite = new AuditUnderTest(postgres, nats, database, authority, admin);
    suite.publishers.set('key-manager', await startDouble('key-manager', nats, [KeyManagerDouble]));
    suite.publishers.set('web', await startDouble('web', nats, [WebDouble]));
    suite.keyManager.authority = authority;
    return suite;
  }

  get keyManager(): KeyManagerDouble {
    return this.double('key-manager').get(KeyManagerDouble);
  }
  get web(): WebDouble {
    return this.double('web').get(WebDouble);
  }
  get app(): NestFastifyApplication {
    const [first] = this.instances;
    if (!first) throw new Error('no instance was started');
    return first.app;
  }

  /** Starts one process' worth of the service within the test; nothing happens by itself unless the settings say so. */
  async startAudit(settings: Record<string, string> = {}): Promise<Instance> {
    const config = loadConfig(AuditLogsConfig, 'audit-logs', { ...this.environment(), ...settings });
    const lines: string[] = [];
    const log = createLog('audit-logs', config.LOG_LEVEL, { write: (line) => void lines.push(line) });
    const options = { service: 'audit-logs' as const, module: AppModule, config: AuditLogsConfig };
    const app = await createService(options, config, log);
    this.instances.push({ app, lines });
    await eventually(() => app.get(Bus).connected);
    await eventually(async () => {
      await this.double('key-manager').bus.publish(revocationHeartbeat, { sequence: 0 });
      return app.get(RevocationList).fresh;
    });
    return { app, lines };
  }

  async stopAudit({ app }: Instance): Promise<void> {
    const place = this.instances.findIndex((one) => one.app === app);
    this.instances.splice(place, 1);
    await app.close();
  }

  /** Publishes a fact as the service that the contract names. */
  async publish<T extends object>(event: BusEvent<T>, payload: T, messageId?: string): Promise<void> {
    const [publisher = 'web'] = event.publishers;
    const bus = publisher === 'audit-logs' ? this.app.get(Bus) : this.double(publisher).bus;
    await bus.publish(event, payload, messageId === undefined ? {} : { messageId });
  }

  /** Appends by the service's own code, without the way over the bus. */
  append(organisationId: string, drafts: readonly Draft[]): Promise<number> {
    return this.app
      .get(Database)
      .inOrganisation(organisationId, (manager) =>
        this.app.get(Chain, { strict: false }).append(manager, organisationId, drafts),
      );
  }

  async entries(organisationId: string, as = 'owner'): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    for (let after: string | undefined; ;) {
      const query = `size=500${after ? `&after=${encodeURIComponent(after)}` : ''}`;
      const { status, body } = await ask<{ entries: AuditEntry[]; next?: string }>(
        this.app,
        'GET',
        `/audit/entries?${query}`,
        { as },
      );
      if (status !== 200) throw new Error(`no entries of ${organisationId}: ${JSON.stringify(body)}`);
      found.push(...body.entries);
      if (!body.next) return found.sort((one, other) => one.number - other.number);
      after = body.next;
    }
  }

  async heads(as = 'owner'): Promise<AuditHead[]> {
    const { body } = await ask<{ heads: AuditHead[] }>(this.app, 'GET', '/audit/heads?size=500', { as });
    return body.heads;
  }

  /** One verdict over the whole chain, however many calls it takes. */
  async verify(body: VerifyAudit = {}, as = 'owner'): Promise<AuditVerdict & { calls: number }> {
    const whole: AuditVerdict & { calls: number } = {
      ...{ intact: true, checkedFrom: 0, checkedTo: 0, headsChecked: 0, faults: [], calls: 0 },
    };
    for (let from = body.from; ;) {
      const { status, body: verdict } = await ask<AuditVerdict>(this.app, 'POST', '/audit/verify', {
        as,
        body: { ...body, ...(from === undefined ? {} : { from }) },
      });
      if (status !== 200) throw new Error(`no verdict: ${JSON.stringify(verdict)}`);
      whole.calls += 1;
      whole.intact &&= verdict.intact;
      whole.checkedFrom ||= verdict.checkedFrom;
      whole.checkedTo = verdict.checkedTo;
      whole.headsChecked += verdict.headsChecked;
      whole.faults.push(...verdict.faults);
      if (verdict.next === undefined) return whole;
      from = verdict.next;
    }
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.admin.query<T>(sql, parameters)).rows;
  }

  environment(): Record<string, string> {
    const { url, user, password } = this.nats.credentials('audit-logs');
    return {
      AUDIT_LOGS_DATABASE_URL: this.database.urls.audit.url,
      AUDIT_LOGS_DATABASE_OWNER_URL: this.database.urls.audit.ownerUrl,
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      HEAD_SECONDS: '86400',
      HEAD_ENTRIES: '1000000',
      LOG_LEVEL: 'info',
    };
  }

  async stop(): Promise<void> {
    for (const { app } of this.instances) await app.close();
    for (const double of this.publishers.values()) await double.stop();
    await this.admin.end();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    this.authority.remove();
  }

  private double(service: ServiceName): ServiceDouble {
    const found = this.publishers.get(service);
    if (!found) throw new Error(`there is no double of ${service}`);
    return found;
  }
}

/** A request as the edge hands it on. `as`: a token of `KeyManagerDouble.people`; `certificate`: a device's, PEM. */
export async function ask<T = Record<string, unknown>>(
  app: NestFastifyApplication,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  { as, certificate, body }: { as?: string; certificate?: string; body?: object } = {},
): Promise<Reply<T>> {
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
  return { status: response.statusCode, body: (response.body === '' ? {} : JSON.parse(response.body)) as T };
}
