import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { Database, maintainPartitions, newId } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LogStore } from '../logs/log-store';
import { OutputStore } from '../output/output-store';
import { RollingUp } from '../samples/rolling-up.service';
import { storedForm } from '../samples/measured';
import { SampleStore } from '../samples/sample-store';
import { RmmLogsUnderTest } from '../testing/rmm-logs-under-test';
import { random, sampleOf } from '../testing/samples';
import { SCHEMA } from '../schema';
import { Retention } from './retention.service';

const DAY = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY);

let suite: RmmLogsUnderTest;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
});
afterAll(() => suite?.stop());

const head = () => ({
  organisationId: DEFAULT_ORGANISATION_ID,
  deviceId: newId(),
  spool: newId(),
  receivedAt: new Date().toISOString(),
});
const operationAt = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${newId().slice(-12)}`;
};
const partitions = async (table: string): Promise<string[]> =>
  (
    await suite.rows<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relname ~ $1 AND relkind = 'r' ORDER BY relname`,
      [`^${table}_[0-9]{8}$`],
    )
  ).map(({ name }) => name);
const dayName = (table: string, at: Date): string => `${table}_${at.toISOString().slice(0, 10).replaceAll('-', '')}`;

it('stores what is kept, and drops the rest one by one, each counted, none in the way of another', async () => {
  const app = await suite.startService({ ROLL_UP_SECONDS: '3600' });
  const next = random(91);
  const sample = (sequence: number, at: Date) => ({
    sequence,
    at: at.toISOString(),
    measured: storedForm(sampleOf(next)),
  });
  await app.get(SampleStore).store([
    {
      ...head(),
      samples: [sample(1, ago(400)), sample(2, ago(7)), sample(3, ago(0)), sample(4, ago(-400)), sample(5, ago(8.5))],
    },
  ]);
  expect(await suite.count('samples')).toBe(2);
  const line = (sequence: number, at: Date) => ({
    sequence,
    at: at.toISOString(),
    level: 'info' as const,
    message: 'x',
  });
  await app.get(LogStore).store([{ ...head(), logs: [line(1, ago(14)), line(2, ago(16)), line(3, ago(0))] }]);
  expect(await suite.count('logs')).toBe(2);
  const output = (at: Date) => {
    const operationId = operationAt(at);
    const chunks = [{ number: 0, stream: 'stdout' as const, text: 'x' }];
    return { ...head(), spool: operationId, operationId, chunks };
  };
  await app.get(OutputStore).store([output(ago(119)), output(ago(130)), output(ago(0)), output(ago(-300))]);
  expect(await suite.count('output_pieces')).toBe(2);
  const metrics = (await app.inject({ method: 'GET', url: '/-/metrics' })).body;
  for (const [kind, count] of [
    ['sample', 3],
    ['log', 1],
    ['output', 2],
  ])
    expect(metrics).toMatch(
      new RegExp(`^muster_reports_dropped_total\\{.*kind="${kind}",reason="expired".*\\} ${count}$`, 'm'),
    );
  await suite.stopService(app);
});

it('drops the days whose time is over and keeps the others, as it is set', async () => {
  const app = await suite.startService({ RAW_DAYS: '2', LOG_DAYS: '3', OUTPUT_DAYS: '10', OUTPUT_LATE_DAYS: '4' });
  expect(await partitions('samples')).toEqual([3, 2, 1, 0, -1, -2, -3].map((days) => dayName('samples', ago(days))));
  expect(await partitions('sample_hours')).toHaveLength(7);
  expect(await partitions('logs')).toEqual([4, 3, 2, 1, 0, -1, -2, -3].map((days) => dayName('logs', ago(days))));
  expect((await partitions('output_pieces')).length).toBeLessThanOrEqual(4);
  expect((await partitions('samples_hourly')).length).toBeGreaterThanOrEqual(13);
  expect(await suite.count('samples')).toBe(1);
  expect(await suite.count('logs')).toBe(1);
  expect(await suite.count('output_pieces')).toBe(1);
  await app.get(Retention).maintain();
  await suite.stopService(app);
});

it('forgets the hours that were never rolled up and are gone', async () => {
  const app = await suite.startService({ RAW_DAYS: '2', ROLL_UP_SECONDS: '3600' });
  await suite.rows(`INSERT INTO rmm_logs.hours_due VALUES ($1, $2, date_trunc('hour', now() - interval '30 days'))`, [
    DEFAULT_ORGANISATION_ID,
    newId(),
  ]);
  await app.get(RollingUp).run();
  const [left] = await suite.rows<{ count: string }>(
    `SELECT count(*) FROM rmm_logs.hours_due WHERE hour < now() - interval '10 days'`,
  );
  expect(left?.count).toBe('0');
  await suite.stopService(app);
});

it('forgets which device became which, and what they handed in on earlier days, when neither matters any more', async () => {
  const app = await suite.startService({ OUTPUT_DAYS: '10', OUTPUT_LATE_DAYS: '4', OUTPUT_FUTURE_HOURS: '25' });
  const organisations = [DEFAULT_ORGANISATION_ID, newId()];
  // 10 and 4 days, one to spare, 7 of a partition, 2 for times ahead.
  for (const organisation of organisations) {
    for (const [days, name] of [
      [23.9, '01'],
      [24.1, '02'],
      [300, '03'],
    ] as const)
      await suite.rows('INSERT INTO rmm_logs.merged_devices VALUES ($1, $2, $3, $4)', [
        organisation,
        `${newId().slice(0, -2)}${name}`,
        newId(),
        ago(days),
      ]);
  }
  await suite.rows(
    `INSERT INTO rmm_logs.output_days
     SELECT $1, gen_random_uuid(), (now() AT TIME ZONE 'UTC')::date - days, 7 FROM unnest('{0,1,2,90}'::int[]) AS days`,
    [organisations[1]],
  );
  await app.get(Retention).forgetDevices();
  const merged = await suite.rows<{ name: string; organisation_id: string }>(
    'SELECT organisation_id, right(device_id::text, 2) AS name FROM rmm_logs.merged_devices ORDER BY 1',
  );
  expect(merged).toEqual(organisations.toSorted().map((organisation_id) => ({ organisation_id, name: '01' })));
  const left = await suite.rows(
    `SELECT day = (now() AT TIME ZONE 'UTC')::date AS today FROM rmm_logs.output_days
                                  WHERE organisation_id = $1`,
    [organisations[1]],
  );
  expect(left).toEqual([{ today: true }]);
  await suite.stopService(app);
});

it('forgets in portions, and waits for nobody', async () => {
  const app = await suite.startService();
  const organisation = newId();
  await suite.rows(
    `INSERT INTO rmm_logs.output_days SELECT $1, gen_random_uuid(), current_date - 9, 7 FROM generate_series(1, 5001)`,
    [organisation],
  );
  const held = await suite.holding('SELECT FROM rmm_logs.output_days WHERE organisation_id = $1 LIMIT 1 FOR UPDATE', [
    organisation,
  ]);
  const count = async (): Promise<number> =>
    (await suite.rows('SELECT FROM rmm_logs.output_days WHERE organisation_id = $1', [organisation])).length;
  await app.get(Retention).forgetDevices();
  expect(await count()).toBe(1);
  await held.release();
  await app.get(Retention).forgetDevices();
  expect(await count()).toBe(0);
  await suite.stopService(app);
});

it('makes room that is missing, and the same reports are stored the next time', async () => {
  const app = await suite.startService({ ROLL_UP_SECONDS: '3600' });
  await suite.rows(`DROP TABLE rmm_logs.${dayName('samples', ago(0))}, rmm_logs.${dayName('logs', ago(0))}`);
  const samples = [{ sequence: 1, at: ago(0).toISOString(), measured: storedForm(sampleOf(random(92))) }];
  const logs = [{ sequence: 2, at: ago(0).toISOString(), level: 'info' as const, message: 'x' }];
  const own = head();
  const store = () => app.get(SampleStore).store([{ ...own, samples }]);
  await expect(store()).rejects.toMatchObject({ code: 'unavailable' });
  await store();
  await app.get(LogStore).store([{ ...own, logs }]);
  for (const table of ['samples', 'logs']) {
    const rows = await suite.rows(`SELECT FROM rmm_logs.${table} WHERE device_id = $1`, [own.deviceId]);
    expect([table, rows.length]).toEqual([table, 1]);
  }
  await suite.stopService(app);
});

it('is done by the role of the service, which may not change tables otherwise', async () => {
  const app = await suite.startService();
  const database = app.get(Database);
  await expect(database.unscoped((manager) => manager.query('DROP TABLE rmm_logs.logs'))).rejects.toThrow(/owner/);
  await expect(
    database.unscoped((manager) => maintainPartitions(manager, SCHEMA, 'logs', { keepDays: 0, aheadDays: 1 })),
  ).rejects.toThrow();
  await suite.stopService(app);
});
