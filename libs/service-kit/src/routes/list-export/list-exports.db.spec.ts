import { Controller, Injectable, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus, ConsumesEvent } from '@muster/bus';
import {
  CursorQuery,
  defineRoute,
  EDGE_HEADERS,
  List,
  ListExported,
  listExported,
  may,
  nested,
  type RouteCall,
  SESSION_COOKIE,
  Text,
  Whole,
} from '@muster/contracts';
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
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config';
import { DatabaseConfigFields, ServiceDatabaseModule } from '../../database';
import { createLog } from '../../log/log';
import { drain } from '../../shutdown';
import { createService } from '../../start-service';
import { KeyManagerFixture } from '../../testing/key-manager.fixture';
import { HOME } from '../../testing/notes.module';
import { EDGE_SECRET } from '../../testing/running-service';
import { Handles } from '../handles.decorator';

class Row {
  @Whole({ min: 0, max: 100_000 }) number: number;
}
class Rows {
  @List(nested(() => Row), { max: 5000 }) rows: Row[];
  @Text({ max: 20, optional: true }) next?: string;
}
/** The service has no route of its own with this face, so that it may start with this one alone. */
const rows = defineRoute({
  service: 'rmm-logs',
  face: 'public',
  method: 'GET',
  path: '/rows',
  access: may('devices.read'),
  summary: 'Rows',
  query: CursorQuery,
  reply: Rows,
  list: 'rows',
});

let count: number;
let pages: number;
@Controller()
class RowsController {
  @Handles(rows)
  async list({ query: { after = '0', size = 100 } }: RouteCall<typeof rows>): Promise<Rows> {
    if (count < 0) throw new Error('no rows today');
    pages += 1;
    const end = Math.min(count, Number(after) + size);
    const numbers = Array.from({ length: end - Number(after) }, (_, index) => ({ number: Number(after) + index }));
    return { rows: numbers, ...(end < count ? { next: String(end) } : {}) };
  }
}
@Module({
  imports: [ServiceDatabaseModule.forService({ schema: 'rmm_logs', entities: [], migrations: [] })],
  controllers: [RowsController],
})
class RowsModule {}

@Injectable()
class AuditLog {
  readonly facts: ListExported[] = [];

  @ConsumesEvent(listExported, { batch: 10 })
  async note(facts: ListExported[]): Promise<void> {
    this.facts.push(...facts);
  }
}

let postgres: TestPostgres;
let nats: TestNats;
let place: TestDatabase<'rmm_logs'>;
let keyManager: KeyManagerFixture;
let auditLogs: ServiceDouble;
let app: NestFastifyApplication;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  place = await postgres.createDatabase(['rmm_logs']);
  keyManager = await KeyManagerFixture.start(nats);
  keyManager.admit('reader', { permissions: ['devices.read'] });
  keyManager.admit('stranger', { permissions: [] });
  auditLogs = await startDouble('audit-logs', nats, [AuditLog]);
  const { url, user, password } = nats.credentials('rmm-logs');
  const config = loadConfig(DatabaseConfigFields, 'rmm-logs', {
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    EDGE_SECRET,
    RMM_LOGS_DATABASE_URL: place.urls.rmm_logs.url,
    RMM_LOGS_DATABASE_OWNER_URL: place.urls.rmm_logs.ownerUrl,
  });
  app = await createService(
    { service: 'rmm-logs', module: RowsModule, config: DatabaseConfigFields, faces: () => ['public'] },
    config,
    createLog('rmm-logs', 'fatal', { write: () => undefined }),
  );
  await eventually(() => app.get(Bus).connected);
  count = 1;
  await eventually(async () => {
    await keyManager.beat();
    return (await read('/rows')).statusCode === 200;
  });
});
afterAll(async () => {
  if (app) await drain(app);
  await auditLogs?.stop();
  await keyManager?.stop();
  await Promise.all([postgres?.stop(), nats?.stop()]);
});
beforeEach(() => {
  count = 12_345;
  pages = 0;
});

const read = (url: string, session = 'reader') =>
  app.inject({
    method: 'GET',
    url,
    headers: {
      [EDGE_HEADERS.secret]: EDGE_SECRET,
      [EDGE_HEADERS.address]: '198.51.100.7',
      cookie: `${SESSION_COOKIE}=${session}`,
    },
  });
const facts = (): ListExported[] => auditLogs.get(AuditLog).facts;

it('makes one fact of a file, however many pages it has, and none of looking at the list', async () => {
  expect((await read('/rows?size=3')).statusCode).toBe(200);
  expect((await read('/rows?format=csv', 'stranger')).statusCode).toBe(403);
  expect((await read('/rows?format=xls')).statusCode).toBe(400);
  pages = 0;
  const file = await read('/rows?format=csv&search=a%20b');
  expect(file.body.trimEnd().split('\r\n')).toHaveLength(12_346);
  expect(pages).toBe(3);
  expect((await read('/rows?format=json')).json()).toHaveLength(12_345);
  await eventually(() => facts().length >= 2);
  expect(facts()).toMatchObject([
    {
      ...{ organisationId: HOME, path: '/rows', format: 'csv', filters: 'search=a+b' },
      actor: { kind: 'person', id: HOME, address: '198.51.100.7' },
    },
    { path: '/rows', format: 'json', filters: '' },
  ]);
});

it('makes no fact of a list that could not be read', async () => {
  const before = facts().length;
  count = -1;
  expect((await read('/rows?format=csv')).statusCode).toBe(500);
  count = 1;
  await read('/rows?format=json');
  await eventually(() => facts().length > before);
  expect(facts().slice(before)).toMatchObject([{ format: 'json' }]);
});

it('lets nothing leave where the fact cannot be kept', async () => {
  const admin = new Client({ connectionString: place.adminUrl });
  await admin.connect();
  try {
    await admin.query('ALTER TABLE rmm_logs.outbox RENAME TO away');
    const file = await read('/rows?format=csv');
    expect(file.statusCode).toBeGreaterThanOrEqual(500);
    expect(file.body).not.toContain('number');
    expect(pages).toBe(1);
    expect((await read('/rows')).statusCode).toBe(200);
  } finally {
    await admin.query('ALTER TABLE rmm_logs.away RENAME TO outbox');
    await admin.end();
  }
  expect((await read('/rows?format=csv')).statusCode).toBe(200);
});
