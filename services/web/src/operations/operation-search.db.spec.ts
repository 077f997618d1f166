import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type OperationPage } from '@muster/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let desks: string[];
let kiosk: string;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('manager');
  const fleet = new Fleet(web);
  // More than are looked up one by one.
  desks = await fleet.deviceRows(5_001, DEFAULT_ORGANISATION_ID, 'desk');
  kiosk = await fleet.deviceRow(DEFAULT_ORGANISATION_ID, 'kiosk');
  const body = { name: 'Tidy up', language: 'sh', script: 'true', timeLimitSeconds: 60, parameters: [] };
  const { body: made } = await ask(app, 'POST', '/api/procedures', { as: 'owner', body });
  for (const ids of [desks.slice(0, 3), [desks[0] ?? '', kiosk], [kiosk]]) {
    await fleet.run(
      app,
      String(made['id']),
      ids.map((id) => ({ id })),
    );
  }
});
afterAll(() => web?.stop());

const found = async (query: string) => {
  const { body } = await ask(app, 'GET', `/api/operations?${query}`, { as: 'reader' });
  const { operations, total } = body as unknown as OperationPage;
  return { total, names: operations.map(({ deviceName }) => deviceName).sort() };
};

it('finds by device, whether few or very many devices have the text in their name', async () => {
  expect(await found('search=KIOSK')).toEqual({ total: 2, names: ['kiosk', 'kiosk'] });
  expect(await found('search=desk')).toEqual({ total: 4, names: ['desk', 'desk', 'desk', 'desk'] });
  expect((await found('search=desk&size=1&page=2')).names).toEqual(['desk']);
});

it('finds by request, together with other filters', async () => {
  expect((await found('search=tidy')).total).toBe(6);
  expect((await found('search=owner@')).total).toBe(6);
  expect((await found(`search=tidy&deviceId=${kiosk}`)).total).toBe(2);
  expect((await found(`search=desk&state=PENDING&deviceId=${desks[0] ?? ''}`)).total).toBe(2);
  expect(await found('search=nothing')).toEqual({ total: 0, names: [] });
});
