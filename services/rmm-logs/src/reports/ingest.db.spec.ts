import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, RmmLogsUnderTest } from '../testing/rmm-logs-under-test';
import { TestSpool } from '../testing/samples';

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService();
});
afterAll(() => suite?.stop());

it('takes samples and logs, stores them, and gives them to consoles', async () => {
  const device = suite.device();
  const spool = new TestSpool();
  const now = Date.now();
  const reports = [spool.sample(now - 60_000), spool.log(now, 'started'), spool.sample(now)];
  const reply = await ask(app, 'POST', '/reports/rmm', { device, body: spool.batch(reports, now), gzip: true });
  expect(reply).toMatchObject({ status: 202, body: { taken: 3, refused: [], sampleSeconds: 60, sendSeconds: 67 } });
  await eventually(async () => (await suite.count('samples', device)) === 2);
  const sample = await ask(app, 'GET', `/rmm/devices/${device.id}/sample`, { as: 'owner' });
  expect(sample).toMatchObject({
    status: 200,
    body: { sample: reports[2] && 'sample' in reports[2] ? reports[2].sample : {} },
  });
  await eventually(async () => (await suite.count('logs', device)) === 1);
});
