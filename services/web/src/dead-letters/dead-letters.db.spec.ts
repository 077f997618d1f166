import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DeadLetterPage, devicesNotified } from '@muster/contracts';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let broker: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  // A dead letter is an error in the log, as it should be; not in the output of this test.
  app = await web.startWeb('all', { LOG_LEVEL: 'fatal' });
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: await new Fleet(web).organisation() });
  broker = await startDouble('push-broker', web.nats);
});
afterAll(async () => {
  await broker?.stop();
  await web?.stop();
});

const list = async () =>
  (await ask(app, 'GET', '/api/dead-letters', { as: 'owner' })).body as unknown as DeadLetterPage;

it('lists what could not be handled, hands it out again, and throws it away, for the suite’s owners only', async () => {
  await broker.bus.publish(devicesNotified, { deviceIds: ['no device'], at: new Date().toISOString() });
  const letter = await eventually(async () => (await list()).deadLetters[0]);
  expect(letter).toMatchObject({ service: 'web', subject: devicesNotified.subject, reason: 'invalid' });
  expect(JSON.parse(letter.payload)).toMatchObject({ deviceIds: ['no device'] });

  const one = `/api/dead-letters/${letter.id}`;
  for (const as of ['stranger', 'reader']) {
    for (const [method, path] of [
      ['GET', '/api/dead-letters'],
      ['POST', `${one}/replay`],
      ['DELETE', one],
    ] as const) {
      expect(await ask(app, method, path, { as })).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
    }
  }

  expect((await ask(app, 'POST', `${one}/replay`, { as: 'owner' })).status).toBe(204);
  // No better than before, it comes back under another number.
  const again = await eventually(async () => (await list()).deadLetters.find(({ id }) => id !== letter.id));
  expect(JSON.parse(again.payload)).toMatchObject({ deviceIds: ['no device'] });
  expect((await ask(app, 'DELETE', `/api/dead-letters/${again.id}`, { as: 'owner' })).status).toBe(204);
  expect(await list()).toEqual({ deadLetters: [], total: 0 });
  expect((await ask(app, 'DELETE', `/api/dead-letters/${again.id}`, { as: 'owner' })).status).toBe(404);
});
