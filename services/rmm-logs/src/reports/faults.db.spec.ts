import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_ORGANISATION_ID, type SamplesMeasured, samplesMeasured, samplesReported } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, startDouble } from '@muster/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { storedForm } from '../samples/measured';
import { ask, RmmLogsUnderTest } from '../testing/rmm-logs-under-test';
import { random, sampleOf, TestSpool } from '../testing/samples';

let suite: RmmLogsUnderTest;
beforeEach(async () => {
  suite = await RmmLogsUnderTest.start();
});
afterEach(() => suite?.stop());

const next = random(81);
/** A connection with the service's own rights, without its manners. */
function asService(): Promise<NatsConnection> {
  const { url, user, password } = suite.nats.credentials('rmm-logs');
  return connect({ servers: url, user, pass: password, inboxPrefix: '_INBOX.rmm-logs' });
}
const event = (deviceId: string, spool: string, sequence: number): SamplesMeasured => ({
  organisationId: DEFAULT_ORGANISATION_ID,
  deviceId,
  spool,
  receivedAt: new Date().toISOString(),
  samples: [
    { sequence, at: new Date(Date.now() - sequence).toISOString(), measured: storedForm(sampleOf(next, sequence)) },
  ],
});

it('answers 503 with Retry-After while NATS is away, and takes the same batch when it is back', async () => {
  const app = await suite.startService();
  const device = suite.device();
  const spool = new TestSpool();
  const body = spool.batch([spool.sample(Date.now()), spool.log(Date.now(), 'line')]);
  expect((await ask(app, 'POST', '/reports/rmm', { device, body })).status).toBe(202);
  await suite.nats.crash();
  const more = spool.batch([spool.sample(Date.now())]);
  const refused = await ask(app, 'POST', '/reports/rmm', { device, body: more });
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const output = await ask(app, 'POST', `/operations/${newId()}/output`, {
    device,
    body: { chunks: [{ number: 0, stream: 'stdout', text: 'x' }] },
  });
  expect(output.status).toBe(503);
  await suite.nats.start();
  await eventually(async () => (await ask(app, 'POST', '/reports/rmm', { device, body: more })).status === 202, {
    within: 30_000,
    every: 250,
  });
  await eventually(async () => (await suite.count('samples', device)) === 2, { within: 20_000 });
  expect(await suite.count('logs', device)).toBe(1);
});

it('stores what was taken when PostgreSQL comes back, each once', async () => {
  const app = await suite.startService();
  const device = suite.device();
  const spool = new TestSpool();
  const send = () =>
    ask(app, 'POST', '/reports/rmm', {
      device,
      body: spool.batch([spool.sample(Date.now()), spool.log(Date.now(), 'x')]),
    });
  expect((await send()).status).toBe(202);
  await eventually(async () => (await suite.count('samples', device)) === 1);
  await suite.postgres.crash();
  for (let turn = 0; turn < 5; turn += 1) expect((await send()).status).toBe(202);
  await suite.postgres.start();
  const { Client } = await import('pg');
  const admin = new Client({ connectionString: suite.database.adminUrl });
  await admin.connect();
  const count = async (table: string): Promise<number> =>
    Number((await admin.query(`SELECT count(*) FROM rmm_logs.${table}`)).rows[0].count);
  await eventually(async () => (await count('samples')) === 6 && (await count('logs')) === 6, { within: 60_000 });
  await admin.end();
});

it('stores what an earlier version left on the stream as what comes now', async () => {
  const publisher = await startDouble('rmm-logs', suite.nats);
  const sample = sampleOf(next);
  for (const deviceId of [newId(), newId()]) {
    const { samples, ...head } = event(deviceId, newId(), 1);
    const [at = ''] = samples.map(({ at }) => at);
    await publisher.bus.publish(samplesReported, { ...head, samples: [{ sequence: 1, at, sample }] });
    await publisher.bus.publish(samplesMeasured, {
      ...head,
      samples: [{ sequence: 2, at, measured: storedForm(sample) }],
    });
  }
  await publisher.stop();
  await suite.startService();
  await eventually(async () => (await suite.count('samples')) === 4, { within: 20_000 });
  expect(await suite.rows('SELECT DISTINCT sample::text FROM rmm_logs.samples')).toEqual([
    { sample: storedForm(sample) },
  ]);
});

it('makes a dead letter of a poisoned message, and stores the rest', async () => {
  const publisher = await startDouble('rmm-logs', suite.nats);
  const [deviceId, spool] = [newId(), newId()];
  await publisher.bus.publish(samplesMeasured, event(deviceId, spool, 1));
  const raw = await asService();
  for (const poison of ['not JSON', '{}', JSON.stringify({ ...event(deviceId, spool, 2), deviceId: "'; --" })])
    await jetstream(raw).publish(samplesMeasured.subject, poison);
  await raw.close();
  await publisher.bus.publish(samplesMeasured, event(deviceId, spool, 3));
  await publisher.stop();
  const app = await suite.startService();
  await eventually(async () => (await suite.count('samples')) === 2, { within: 20_000 });
  const metrics = async () => (await app.inject({ method: 'GET', url: '/-/metrics' })).body;
  await eventually(async () =>
    /^muster_bus_dead_letters_total\{.*subject="report\.samples\.v2".*\} 3$/m.test(await metrics()),
  );
});

it('stores every report once when its process is killed again and again in the middle of it', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(root, '../../node_modules/.rmm-logs-process-'));
  const bundle = await rolldown({
    input: join(root, 'src/main.ts'),
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'),
    external: (id) => !/^(@muster\/|@oxc-project\/|[./\0])/.test(id),
  });
  await bundle.write({ file: join(folder, 'main.mjs'), format: 'esm', codeSplitting: false, keepNames: true });
  await bundle.close();
  const env = { PATH: process.env['PATH'] ?? '', ...suite.environment() };
  let child: ChildProcess | undefined;
  try {
    const publisher = await startDouble('rmm-logs', suite.nats);
    const spools = Array.from({ length: 40 }, () => [newId(), newId()] as const);
    const PER_SPOOL = 300;
    for (let sequence = 1; sequence <= PER_SPOOL; sequence += 1)
      await Promise.all(
        spools.map(([device, spool]) => publisher.bus.publish(samplesMeasured, event(device, spool, sequence))),
      );
    await publisher.stop();
    const total = spools.length * PER_SPOOL;
    const start = (): ChildProcess =>
      (child = spawn(process.execPath, [join(folder, 'main.mjs')], { env, stdio: 'ignore' }));
    const count = (): Promise<number> => suite.count('samples').catch(() => 0);
    for (let kills = 0, before = 0; kills < 3; kills += 1) {
      const running = start();
      await eventually(async () => (await count()) > before, { within: 60_000, every: 2 });
      await pause(Math.floor(next() * 25));
      running.kill('SIGKILL');
      await once(running, 'exit');
      before = await count();
      // Some transactions were committed and others were not; none of it was all.
      expect(before).toBeLessThan(total);
    }
    start();
    // What the killed ones had in hand comes again after half a minute.
    await eventually(async () => (await count()) === total, { within: 90_000, every: 100 });
    const nats = await asService();
    const queue = await jetstreamManager(nats, { checkAPI: false });
    const waiting = async (): Promise<number> => (await queue.streams.info('REPORTS_rmm-logs')).state.messages;
    await eventually(async () => (await waiting()) === 0, { within: 60_000, every: 250 });
    await nats.close();
    const rows = await suite.rows<{ most: string; all: string }>(
      `SELECT max(count) AS most, sum(count) AS all FROM (SELECT count(*) FROM rmm_logs.samples GROUP BY device_id, sample::text, at) AS one`,
    );
    expect(rows).toEqual([{ most: '1', all: String(total) }]);
  } finally {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
