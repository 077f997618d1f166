import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogStore } from '../logs/log-store';
import { storedForm } from '../samples/measured';
import { SampleStore } from '../samples/sample-store';
import { ask, type Reply, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { random, sampleOf, TestSpool } from '../testing/samples';

const DAY = 86_400_000;
const YEARS = 2 * 365 * DAY;

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ RMM_LOGS_SAMPLE_SECONDS: '30', RMM_LOGS_SEND_SECONDS: '45' });
});
afterAll(() => suite?.stop());

const send = (device: TestDevice, body: object, gzip = true): Promise<Reply> =>
  ask(app, 'POST', '/reports/rmm', { device, body, gzip });
const stored = (table: string, device: TestDevice, count: number): Promise<unknown> =>
  eventually(async () => (await suite.count(table, device)) === count, { within: 20_000 });
/** What is written already is written; what should not come has had its time once this has come. */
async function settled(device: TestDevice, table: 'samples' | 'logs', count: number): Promise<void> {
  const spool = new TestSpool();
  await send(device, spool.batch([table === 'samples' ? spool.sample(Date.now()) : spool.log(Date.now(), 'mark')]));
  await stored(table, device, count + 1);
}

describe('reports', () => {
  it('become rows, and what consoles read', async () => {
    const device = suite.device();
    const spool = new TestSpool();
    const now = Date.now();
    const newest = spool.sample(now);
    const reports = [spool.sample(now - 60_000), spool.log(now, 'started', 'warn', '{"a":1}'), newest];
    const reply = await send(device, spool.batch(reports, now));
    expect(reply).toMatchObject({
      status: 202,
      body: { taken: 3, refused: [], sampleSeconds: 30, sendSeconds: 45 },
    });
    await stored('samples', device, 2);
    await stored('logs', device, 1);
    const sample = await ask(app, 'GET', `/rmm/devices/${device.id}/sample`, { as: 'owner' });
    expect(sample).toMatchObject({ status: 200, body: { sample: newest.sample } });
    expect(Math.abs(Date.parse(String(sample.body['at'])) - now)).toBeLessThan(10_000);
    const logs = await ask(app, 'GET', `/rmm/logs?deviceId=${device.id}`, { as: 'owner' });
    expect(logs.body).toMatchObject({ entries: [{ level: 'warn', message: 'started', fields: '{"a":1}' }] });
  });

  it('are stored once, however often and in whatever company they come', async () => {
    const device = suite.device();
    const spool = new TestSpool();
    const reports = Array.from({ length: 40 }, (_, turn) =>
      turn % 4 === 0 ? spool.log(Date.now(), `line ${turn}`) : spool.sample(Date.now() - turn * 1000),
    );
    const next = random(71);
    const batches = Array.from({ length: 12 }, () => reports.filter(() => next() < 0.5)).concat([reports, reports]);
    await Promise.all(batches.filter((batch) => batch.length > 0).map((batch) => send(device, spool.batch(batch))));
    await stored('logs', device, 10);
    await stored('samples', device, 30);
    await send(device, spool.batch(reports));
    await settled(device, 'samples', 30);
    await settled(device, 'logs', 10);
  });

  it('of two spools with the same numbers are two', async () => {
    const device = suite.device();
    const spools = [new TestSpool(), new TestSpool()];
    for (const spool of spools) await send(device, spool.batch([spool.sample(Date.now())]));
    await stored('samples', device, 2);
  });

  it.each([YEARS, -YEARS])('count by their age when the clock is wrong by %d ms', async (skew) => {
    const device = suite.device();
    const spool = new TestSpool(skew);
    const now = Date.now();
    const ages = [0, 60_000, 3 * DAY];
    expect(
      (
        await send(
          device,
          spool.batch(
            ages.map((age) => spool.sample(now - age)),
            now,
          ),
        )
      ).body,
    ).toMatchObject({ taken: 3 });
    await stored('samples', device, 3);
    const rows = await suite.rows<{ at: Date }>(
      'SELECT at FROM rmm_logs.samples WHERE device_id = $1 ORDER BY at DESC',
      [device.id],
    );
    for (const [index, { at }] of rows.entries())
      expect(Math.abs(at.getTime() - (now - (ages[index] ?? 0)))).toBeLessThan(10_000);
  });

  it('of a week offline arrive, ten thousand of them in batches, each once, at their time', async () => {
    const device = suite.device();
    const spool = new TestSpool();
    const now = Date.now();
    const small = { disks: [], networks: [], temperatures: [], processes: [] };
    const reports = Array.from({ length: 10_000 }, (_, turn) => {
      const at = now - (7 * DAY - 120_000) + turn * 60_000;
      return turn % 2 === 0
        ? spool.log(at, `line ${turn}`)
        : { ...spool.sample(at), sample: { cpuPercent: turn % 100, ...small } };
    });
    for (let start = 0; start < reports.length; start += 500) {
      const reply = await send(device, spool.batch(reports.slice(start, start + 500), now));
      expect(reply).toMatchObject({ status: 202, body: { taken: 500, refused: [] } });
    }
    await stored('logs', device, 5000);
    await stored('samples', device, 5000);
    const receipts = await suite.rows<{ received: string }>(
      'SELECT received::text FROM rmm_logs.receipts WHERE device_id = $1',
      [device.id],
    );
    expect(receipts).toEqual([{ received: '{[1,10001)}' }]);
    const due = await suite.rows('SELECT FROM rmm_logs.hours_due WHERE device_id = $1', [device.id]);
    expect(due.length).toBeGreaterThanOrEqual(166);
    const [span] = await suite.rows<{ days: number }>(
      `SELECT extract(epoch FROM max(at) - min(at)) / 86400 AS days FROM rmm_logs.samples WHERE device_id = $1`,
      [device.id],
    );
    expect(Number(span?.days)).toBeCloseTo((9998 * 60) / 86_400, 3);
  }, 90_000);
});

it('loses nothing when one kind is handled a week of reports ahead of the other', async () => {
  const device = suite.device();
  const spool = newId();
  const head = {
    organisationId: device.organisationId,
    deviceId: device.id,
    spool,
    receivedAt: new Date().toISOString(),
  };
  const at = (sequence: number): string => new Date(Date.now() - sequence * 1000).toISOString();
  const sample = { disks: [], networks: [], temperatures: [], processes: [] };
  const measured = storedForm(sample);
  const odd = Array.from({ length: 5000 }, (_, turn) => ({ sequence: turn * 2 + 1, at: at(turn), measured }));
  const even = odd.map(({ sequence }) => ({
    sequence: sequence + 1,
    at: at(sequence),
    level: 'info' as const,
    message: String(sequence),
  }));
  const parts = <T>(all: T[]): T[][] =>
    Array.from({ length: 10 }, (_, part) => all.slice(part * 500, part * 500 + 500));
  await app.get(SampleStore).store(parts(odd).map((samples) => ({ ...head, samples })));
  await app.get(LogStore).store(parts(even).map((logs) => ({ ...head, logs })));
  expect([await suite.count('samples', device), await suite.count('logs', device)]).toEqual([5000, 5000]);
});

describe('what is wrong with a report', () => {
  it('is said with its place, and the rest is kept', async () => {
    const device = suite.device();
    const spool = new TestSpool();
    const now = Date.now();
    const deep = (levels: number): object => (levels === 0 ? {} : { deeper: deep(levels - 1) });
    const with_ = (changes: object) => ({ ...spool.log(now, 'good'), ...changes });
    const first = spool.log(now, 'first');
    const bad: Array<[object, string]> = [
      [with_({ message: 'nul \u0000' }), 'malformed'],
      [with_({ message: 'lone \ud800 surrogate' }), 'malformed'],
      [with_({ message: 'x'.repeat(1_000_000) }), 'too-large'],
      [with_({ message: '' }), 'malformed'],
      [with_({ level: 'shout' }), 'malformed'],
      [with_({ fields: deep(30) }), 'too-deep'],
      [with_({ takenAt: new Date(now + 600_000).toISOString() }), 'from-the-future'],
      [with_({ takenAt: new Date(now - 15 * DAY).toISOString() }), 'too-old'],
      [with_({ takenAt: 'yesterday' }), 'malformed'],
      [with_({ deviceId: newId() }), 'another-device'],
      [{ ...first }, 'repeated'],
      [with_({ kind: 'confession' }), 'unknown-kind'],
      [with_({ sequence: 0 }), 'malformed'],
      [{}, 'unknown-kind'],
      [{ ...spool.sample(now), sample: { ...sampleOf(random(1)), cpuPercent: 101 } }, 'malformed'],
      [
        {
          ...spool.sample(now),
          sample: { ...sampleOf(random(1)), disks: [{ mountPoint: '/\u0000', usedBytes: 1, sizeBytes: 2 }] },
        },
        'malformed',
      ],
      [spool.sample(now - 7.1 * DAY), 'too-old'],
    ];
    const tags = '<img src=x onerror=alert(1)> \u202e "\\\u2028';
    const last = spool.log(now, tags);
    const reports = [first, ...bad.map(([report]) => report), last];
    const reply = await ask(app, 'POST', '/reports/rmm', { device, body: spool.batch(reports, now), gzip: true });
    expect(reply).toMatchObject({ status: 202, body: { taken: 2 } });
    const refused = reply.body['refused'] as Array<{ index: number; code: string }>;
    expect(refused.map(({ index, code }) => [index, code])).toEqual(bad.map(([, code], index) => [index + 1, code]));
    await stored('logs', device, 2);
    expect(await suite.count('samples', device)).toBe(0);
    const logs = await ask(app, 'GET', `/rmm/logs?deviceId=${device.id}`, { as: 'owner' });
    expect((logs.body['entries'] as Array<{ message: string }>).map(({ message }) => message)).toEqual([tags, 'first']);
  });

  it.each([
    ['no batch', { spool: newId(), sentAt: new Date().toISOString(), reports: [] }],
    ['no spool', { spool: 'mine', sentAt: new Date().toISOString(), reports: [{}] }],
    ['no time', { spool: newId(), sentAt: 'now', reports: [{}] }],
    [
      'too many',
      { spool: newId(), sentAt: new Date().toISOString(), reports: Array.from({ length: 501 }, () => ({})) },
    ],
  ])('in a batch with %s is told at once', async (_, body) => {
    expect(await send(suite.device(), body)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });

  it('is no reason to read what is too large', async () => {
    const body = { spool: newId(), sentAt: new Date().toISOString(), reports: [{ text: ' '.repeat(2 * 1024 * 1024) }] };
    for (const gzip of [true, false]) expect((await send(suite.device(), body, gzip)).status).toBe(413);
  });
});

it('counts what it stored, what it did not, and how old the newest is', async () => {
  const device = suite.device();
  const spool = new TestSpool();
  const batch = spool.batch([spool.sample(Date.now())]);
  await send(device, batch);
  await send(device, batch);
  await settled(device, 'samples', 1);
  const metrics = (await app.inject({ method: 'GET', url: '/-/metrics' })).body;
  const value = (line: RegExp): number => Number(line.exec(metrics)?.[1] ?? Number.NaN);
  expect(value(/^muster_reports_stored_total\{.*kind="sample".*\} (\S+)$/m)).toBeGreaterThan(0);
  expect(value(/^muster_reports_batches_total\{.*kind="sample".*\} (\S+)$/m)).toBeGreaterThan(0);
  expect(value(/^muster_reports_dropped_total\{.*kind="sample",reason="repeated".*\} (\S+)$/m)).toBeGreaterThan(0);
  expect(value(/^muster_reports_lag_seconds\{.*kind="sample".*\} (\S+)$/m)).toBeLessThan(60);
});
