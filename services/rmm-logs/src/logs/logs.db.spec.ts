import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, LOG_LEVELS, type LogEntry, type LogPage, type LogsReported } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { eventually, OutboxRecord } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { random } from '../testing/samples';
import { Followers } from '../live/followers';
import { logSql } from './log-list.queries';
import { LogStore } from './log-store';

const HOUR = 3_600_000;

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
let organisation: string;
let device: TestDevice;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ SEARCH_LINES: '100', FOLLOWERS_UNKNOWN_SECONDS: '0' });
});
afterAll(() => suite?.stop());
beforeEach(() => {
  organisation = newId();
  suite.people.set(organisation, { role: 'owner', organisationId: organisation });
  device = suite.device(organisation);
});

type Line = Pick<LogEntry, 'level' | 'message' | 'fields'> & { at: number };
const line = (message: string, at = Date.now(), level: LogEntry['level'] = 'info', fields?: string): Line => ({
  message,
  at,
  level,
  fields,
});
const store = (lines: Line[], by = device, spool = newId()): Promise<void> => {
  const logs: LogsReported['logs'] = lines.map((one, index) => ({
    ...one,
    sequence: index + 1,
    at: new Date(one.at).toISOString(),
  }));
  const head = { organisationId: by.organisationId, deviceId: by.id, spool, receivedAt: new Date().toISOString() };
  return app.get(LogStore).store([{ ...head, logs }]);
};
const list = async (query: Record<string, string> = {}): Promise<LogPage> => {
  const reply = await ask(app, 'GET', `/rmm/logs?${new URLSearchParams(query)}`, { as: organisation });
  expect(reply.status).toBe(200);
  return reply.body as unknown as LogPage;
};
const messages = async (query: Record<string, string> = {}): Promise<string[]> =>
  (await list(query)).entries.map(({ message }) => message);

describe('the list of log lines', () => {
  it('gives every line once, newest first, page after page, whatever times they have', async () => {
    const next = random(51);
    const others = [device, suite.device(organisation), suite.device(organisation)];
    const all: string[] = [];
    for (const by of others) {
      const lines = Array.from({ length: 60 }, (_, turn) =>
        line(`${by.id} ${turn}`, Date.now() - Math.floor(next() * 40) * 1000),
      );
      all.push(...lines.map(({ message }) => message));
      await store(lines, by);
    }
    for (const query of [{}, { deviceId: device.id }] as Array<Record<string, string>>) {
      const found: LogEntry[] = [];
      for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
        const { entries, next: following } = await list({ ...query, size: '7', ...(after ? { after } : {}) });
        expect(entries.length).toBeLessThanOrEqual(7);
        found.push(...entries);
        after = following;
      }
      const wanted = 'deviceId' in query ? all.filter((one) => one.startsWith(device.id)) : all;
      expect(found.map(({ message }) => message).toSorted()).toEqual(wanted.toSorted());
      const times = found.map(({ at }) => at);
      expect(times).toEqual(times.toSorted().toReversed());
    }
  });

  it('keeps the order of lines of one millisecond', async () => {
    const at = Date.now();
    await store(['first', 'second', 'third'].map((message) => line(message, at)));
    expect(await messages()).toEqual(['third', 'second', 'first']);
  });

  it('filters by level and above, and by time', async () => {
    const now = Date.now();
    await store(LOG_LEVELS.map((level, index) => line(level, now - index * HOUR, level)));
    expect(await messages({ level: 'warn' })).toEqual(['warn', 'error']);
    expect(await messages({ level: 'debug' })).toEqual([...LOG_LEVELS]);
    const [from, to] = [now - 2 * HOUR, now - HOUR].map((at) => new Date(at).toISOString());
    expect(await messages({ from: from ?? '' })).toEqual(['debug', 'info', 'warn']);
    expect(await messages({ to: to ?? '' })).toEqual(['warn', 'error']);
  });

  it('looks back a day in all devices, and as far as logs are kept in one', async () => {
    await store([line('old', Date.now() - 25 * HOUR), line('young', Date.now() - 23 * HOUR)]);
    expect(await messages()).toEqual(['young']);
    expect(await messages({ deviceId: device.id })).toEqual(['young', 'old']);
    const to = new Date(Date.now() - 24 * HOUR).toISOString();
    expect(await messages({ to })).toEqual(['old']);
  });

  it('finds text as it is, in message and fields, in any case and script', async () => {
    await store([
      line('100% of disk_1 used'),
      line('100 of diskX1'),
      line('C:\\Temp\\ä', undefined, 'info', '{"user":"ÅSA"}'),
      line("it's 'quoted'; DROP TABLE"),
    ]);
    expect(await messages({ search: '0%' })).toEqual(['100% of disk_1 used']);
    expect(await messages({ search: 'DISK_1' })).toEqual(['100% of disk_1 used']);
    expect(await messages({ search: '\\temp\\Ä' })).toEqual(['C:\\Temp\\ä']);
    expect(await messages({ search: 'åsa' })).toEqual(['C:\\Temp\\ä']);
    expect(await messages({ search: "'; drop" })).toEqual(["it's 'quoted'; DROP TABLE"]);
    expect(await messages({ search: 'nothing like this' })).toEqual([]);
  });

  it('searches so many lines at a time, says how far it came, and finds all page after page', async () => {
    const now = Date.now();
    // Three of 450 match; the service reads 100 for a page.
    const wanted = new Set([20, 199, 449]);
    const lines = Array.from({ length: 450 }, (_, turn) =>
      line(wanted.has(turn) ? `needle ${turn}` : `hay ${turn}`, now - turn * 1000),
    );
    await store(lines);
    const queries: Array<Record<string, string>> = [{}, { deviceId: device.id }, { search: 'nowhere' }];
    for (const query of queries.map((one) => ({ search: 'needle', ...one }))) {
      const pages: LogPage[] = [];
      for (let after: string | undefined; pages.length === 0 || after; after = pages.at(-1)?.next) {
        pages.push(await list({ ...query, ...(after ? { after } : {}) }));
      }
      const read = [99, 199, 299, 399].map((turn) => new Date(now - turn * 1000).toISOString());
      expect(pages.map(({ searchedTo }) => searchedTo)).toEqual([...read, undefined]);
      const found = pages.flatMap(({ entries }) => entries.map(({ message }) => message));
      expect(found).toEqual(query.search === 'needle' ? ['needle 20', 'needle 199', 'needle 449'] : []);
    }
    const reply = await ask(app, 'GET', '/rmm/logs?format=json&search=needle', { as: organisation });
    expect((reply.body as unknown as LogEntry[]).map(({ message }) => message)).toEqual([
      'needle 20',
      'needle 199',
      'needle 449',
    ]);
  });

  it('gives what matches more often than fits on a page before it reads on', async () => {
    const now = Date.now();
    await store(Array.from({ length: 250 }, (_, turn) => line(`needle ${turn}`, now - turn * 1000)));
    const found: string[] = [];
    for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
      const reply = await list({ search: 'needle', size: '30', ...(after ? { after } : {}) });
      found.push(...reply.entries.map(({ message }) => message));
      after = reply.next;
    }
    expect(found).toEqual(Array.from({ length: 250 }, (_, turn) => `needle ${turn}`));
  });

  it('refuses a place that is none', async () => {
    for (const after of ['x', '1-', '-1', '1-2-3', '99999999999999999999-1', "1-1'"]) {
      const reply = await ask(app, 'GET', `/rmm/logs?${new URLSearchParams({ after })}`, { as: organisation });
      expect([after, reply.status, reply.body['code']]).toEqual([after, 400, 'invalid-input']);
    }
  });

  it('shows another organisation, and its devices, nothing', async () => {
    await store([line('ours')]);
    const stranger = newId();
    suite.people.set(stranger, { role: 'owner', organisationId: stranger });
    for (const query of ['', `?deviceId=${device.id}`]) {
      expect((await ask(app, 'GET', `/rmm/logs${query}`, { as: stranger })).body).toEqual({ entries: [] });
    }
  });
});

describe('lines that were just stored', () => {
  const followed = (by = device): boolean => app.get(Followers).areLogsFollowed(by.organisationId, by.id);
  const told = (by = device) => suite.web.told.filter(({ message }) => message.id === by.id);
  /** What was sent before this has arrived once a line of a device that is followed has. */
  const settled = async (): Promise<void> => {
    const marker = suite.device(organisation);
    await suite.follow(marker, organisation);
    await eventually(() => followed(marker));
    await store([line('marker')], marker);
    await eventually(() => told(marker).length === 1);
  };

  it('are told to consoles as the list gives them, oldest first, in parts', async () => {
    const now = Date.now();
    await suite.follow(device, organisation);
    await eventually(() => followed());
    await store(Array.from({ length: 130 }, (_, turn) => line(`line ${turn}`, now - 1000 + turn)));
    await eventually(() => told().length === 2);
    expect(told().map(({ permission, message }) => [permission, message.type])).toEqual(
      Array.from({ length: 2 }, () => ['monitoring.read', 'logs.appended']),
    );
    const entries = told().flatMap(({ message }) => message.entries ?? []);
    expect(entries.map(({ message }) => message)).toEqual(Array.from({ length: 130 }, (_, turn) => `line ${turn}`));
    expect((await list({ size: '500' })).entries.toReversed()).toEqual(entries);
  });

  it('are told from the moment that somebody follows, and no longer than they do', async () => {
    await store([line('before')]);
    await suite.follow(device, newId());
    await settled();
    await store([line('another organisation follows')]);
    await settled();
    expect(told()).toEqual([]);
    await suite.follow(device, organisation, 3);
    await eventually(() => followed());
    await store([line('seen')]);
    await eventually(() => told().length === 1);
    await eventually(() => !followed());
    await store([line('after')]);
    await settled();
    expect(told().flatMap(({ message }) => message.entries?.map((entry) => entry.message))).toEqual(['seen']);
    expect(await messages({ deviceId: device.id })).toHaveLength(4);
  });

  it('are told of every device while it is not known yet who follows', async () => {
    const fresh = await suite.startService();
    expect(fresh.get(Followers).areLogsFollowed(organisation, device.id)).toBe(true);
    const head = { organisationId: organisation, deviceId: device.id, spool: newId() };
    const one = { ...line('early'), sequence: 1, at: new Date().toISOString() };
    await fresh.get(LogStore).store([{ ...head, receivedAt: one.at, logs: [one] }]);
    await eventually(() => told().length === 1);
    await suite.stopService(fresh);
  });
});

it('is exported whole, and that is a fact', async () => {
  const outbox = await OutboxRecord.of(suite.database.adminUrl, 'rmm_logs');
  const now = Date.now();
  await store(Array.from({ length: 1203 }, (_, turn) => line(`=line ${turn}`, now - turn)));
  const reply = await ask(app, 'GET', '/rmm/logs?format=json', { as: organisation });
  expect(reply.status).toBe(200);
  expect(reply.headers['content-disposition']).toMatch(/^attachment/);
  expect((reply.body as unknown as LogEntry[]).map(({ message }) => message)).toEqual(
    Array.from({ length: 1203 }, (_, turn) => `=line ${turn}`),
  );
  const told = await outbox.news();
  await outbox.close();
  expect(told).toMatchObject([
    {
      subject: 'list.exported.v1',
      payload: { organisationId: organisation, path: '/rmm/logs', format: 'json', filters: '' },
    },
  ]);
});

describe('plans under the role of the service', () => {
  beforeAll(async () => {
    await suite.rows(
      `INSERT INTO rmm_logs.logs (organisation_id, device_id, at, level, message)
       SELECT CASE WHEN n % 2 = 0 THEN $1::uuid ELSE gen_random_uuid() END, md5((n % 50)::text)::uuid,
              now() - n * interval '40 seconds', CASE WHEN n % 400 = 0 THEN 3 ELSE 1 END, 'line ' || n
         FROM generate_series(1, 25000) AS n`,
      [DEFAULT_ORGANISATION_ID],
    );
    await suite.rows('ANALYZE rmm_logs.logs');
  });
  const plan = (query: Parameters<typeof logSql>[0]): Promise<string> =>
    app.get(Database).inOrganisation(DEFAULT_ORGANISATION_ID, async (manager) => {
      const [sql, parameters] = logSql(query, DEFAULT_ORGANISATION_ID, Date.now(), {
        fleetHours: 24,
        searchLines: 1000,
      });
      const rows = await manager.query<Array<Record<string, string>>>(`EXPLAIN ${sql}`, parameters);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });

  it('read a fleet in the order of the key, one day of partitions', async () => {
    const text = await plan({});
    expect(text).toMatch(/Index Scan Backward using logs_\d+_pkey/);
    expect(text.match(/ on logs_\d+/g)?.length).toBeLessThanOrEqual(2 + 3);
    expect(text).not.toContain('Seq Scan on logs_2');
  });
  it('read a device by its own index', async () => {
    const [row] = await suite.rows<{ id: string }>(`SELECT md5('2')::uuid AS id`);
    expect(await plan({ deviceId: row?.id })).toMatch(/Index Scan.*organisation_id_device_id_at_idx/);
  });
  it('find severe lines without reading the others', async () => {
    expect(await plan({ level: 'error' })).toMatch(/organisation_id_at_idx/);
  });
});
