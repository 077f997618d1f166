import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '../testing/certificates';
import { addDevices } from '../testing/devices';
import { ask, WebUnderTest } from '../testing/web-under-test';

let suite: WebUnderTest;
beforeAll(async () => {
  suite = await WebUnderTest.start();
});
afterAll(() => suite?.stop());

it('stops one person or device that asks too much, and nobody else at the same address', async () => {
  const web = await suite.startWeb('all', { PERSON_REQUESTS_PER_MINUTE: '5', DEVICE_REQUESTS_PER_MINUTE: '2' });
  const list = (as: string) => ask(web, 'GET', '/api/devices', { as });
  const statuses = [];
  for (let count = 0; count < 6; count++) statuses.push((await list('owner')).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  const refused = await list('owner');
  expect(refused.body).toMatchObject({ code: 'too-many-requests', retryAfter: '12' });
  expect((await list('reader')).status).toBe(200);

  const [busy, quiet] = (await addDevices(suite, 2)).map((id) => selfSigned(id).certificate);
  const body = { agentVersion: '0.1.0', mapVersion: 0, capacity: 0, reports: [], holding: [] };
  const sync = (certificate?: string) => ask(web, 'POST', '/sync', { certificate, body });
  expect([(await sync(busy)).status, (await sync(busy)).status, (await sync(busy)).status]).toEqual([200, 200, 429]);
  expect((await sync(quiet)).status).toBe(200);
});
