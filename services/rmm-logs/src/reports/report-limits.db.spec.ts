import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Retention } from '../retention/retention.service';
import { ask, type Reply, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { TestSpool } from '../testing/samples';

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ DEVICE_REPORTS_PER_MINUTE: '10', DEVICE_SPOOLS: '3' });
});
afterAll(() => suite?.stop());

const send = (device: TestDevice, count: number, spool = new TestSpool(), to = app): Promise<Reply> => {
  const reports = Array.from({ length: count }, () => spool.log(Date.now(), 'line'));
  return ask(to, 'POST', '/reports/rmm', { device, body: spool.batch(reports) });
};

it('answers 429 with the time to come again before anything is published, and lets others through', async () => {
  const [busy, quiet] = [suite.device(), suite.device()];
  const spool = new TestSpool();
  expect((await send(busy, 8, spool)).status).toBe(202);
  const refused = await send(busy, 8, spool);
  expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(10);
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(36);
  expect((await send(quiet, 10)).status).toBe(202);
  await eventually(async () => (await suite.count('logs', quiet)) === 10, { within: 20_000 });
  await eventually(async () => (await suite.count('logs', busy)) === 8, { within: 20_000 });
});

it('takes a batch larger than the whole allowance while that is full', async () => {
  const device = suite.device();
  expect(await send(device, 30)).toMatchObject({ status: 202, body: { taken: 30 } });
  expect((await send(device, 1)).status).toBe(429);
  await eventually(async () => (await suite.count('logs', device)) === 30, { within: 20_000 });
});

it('lets a device have so many spools, also those that another process took, until old ones are forgotten', async () => {
  const device = suite.device();
  const spools = Array.from({ length: 4 }, () => new TestSpool());
  const answers = [];
  for (const spool of spools) answers.push((await send(device, 1, spool)).status);
  expect(answers).toEqual([202, 202, 202, 429]);
  await eventually(async () => (await suite.count('receipts', device)) === 3, { within: 20_000 });

  const other = await suite.startService({ DEVICE_SPOOLS: '3' });
  const [first, second, third] = spools;
  expect((await send(device, 1, first, other)).status).toBe(202);
  expect((await send(device, 1, new TestSpool(), other)).status).toBe(429);
  expect((await send(device, 1, second, other)).status).toBe(202);
  expect((await send(device, 1, third, other)).status).toBe(202);

  await eventually(async () => (await suite.count('logs', device)) === 6, { within: 20_000 });
  await suite.rows(`UPDATE rmm_logs.receipts SET touched_at = now() - interval '401 days' WHERE device_id = $1`, [
    device.id,
  ]);
  await suite.rows(`INSERT INTO rmm_logs.receipts (organisation_id, device_id, spool) VALUES ($1, $2, $3)`, [
    device.organisationId,
    device.id,
    newId(),
  ]);
  await other.get(Retention, { strict: false }).forgetSpools();
  expect(await suite.count('receipts', device)).toBe(1);
});
