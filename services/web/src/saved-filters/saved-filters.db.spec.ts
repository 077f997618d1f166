import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type SavedFilter, userDeleted } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let keyManager: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('manager', { WEB_SAVED_FILTERS_PER_PERSON: '3' });
  const elsewhere = await new Fleet(web).organisation();
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: elsewhere });
  keyManager = await startDouble('key-manager', web.nats);
});
afterAll(async () => {
  await keyManager?.stop();
  await web?.stop();
});

const save = (as: string, name: string, query = 'presence=online', list = 'devices') =>
  ask(app, 'POST', '/api/saved-filters', { as, body: { list, name, query } });
const filters = async (as: string) =>
  (await ask(app, 'GET', '/api/saved-filters', { as })).body['filters'] as SavedFilter[];
const clear = async (as: string) => {
  for (const { id } of await filters(as)) await ask(app, 'DELETE', `/api/saved-filters/${id}`, { as });
};

it('keeps them per person: nobody sees or deletes the ones of others', async () => {
  const { status, body } = await save('owner', ' Mine ');
  expect([status, body['name'], body['query']]).toEqual([200, 'Mine', 'presence=online']);
  expect(await filters('owner')).toEqual([body]);
  for (const other of ['reader', 'stranger']) {
    expect(await filters(other)).toEqual([]);
    const refused = await ask(app, 'DELETE', `/api/saved-filters/${String(body['id'])}`, { as: other });
    expect(refused).toMatchObject({ status: 404, body: { code: 'not-found' } });
  }
  expect((await ask(app, 'DELETE', `/api/saved-filters/${String(body['id'])}`, { as: 'owner' })).status).toBe(204);
  expect(await filters('owner')).toEqual([]);
});

it('replaces the one with the same list and name', async () => {
  await save('reader', 'Same', 'a=1');
  await save('reader', 'Same', 'b=2');
  await save('reader', 'Same', 'c=3', 'operations');
  expect((await filters('reader')).map(({ list, query }) => [list, query])).toEqual([
    ['devices', 'b=2'],
    ['operations', 'c=3'],
  ]);
  await clear('reader');
});

it('keeps to its limit, also when many are saved at once, and still replaces at the limit', async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, (_, index) => save('owner', `Filter ${index}`)));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(replies.filter(({ body }) => body['code'] === 'conflict')).toHaveLength(5);
  const [kept] = await filters('owner');
  expect((await save('owner', kept?.name ?? '', 'z=1')).status).toBe(200);
  await clear('owner');
});

it.each([
  [{ list: 'Devices?', name: 'x', query: '' }],
  [{ list: 'devices', name: '  ', query: '' }],
  [{ list: 'devices', name: 'x', query: 'y'.repeat(4001) }],
])('refuses %o', async (body) => {
  expect((await ask(app, 'POST', '/api/saved-filters', { as: 'owner', body })).status).toBe(400);
});

it('forgets those of a deleted user, and no others', async () => {
  await save('owner', 'Stays');
  await save('reader', 'Goes');
  const { userId } = await web.keyManager.verify({ kind: 'session', credential: 'reader', address: '' });
  await keyManager.bus.publish(userDeleted, {
    organisationId: DEFAULT_ORGANISATION_ID,
    at: new Date().toISOString(),
    actor: { kind: 'person', id: newId(), name: 'owner' },
    ...{ userId, email: 'reader@muster.localhost', name: 'Reader', role: 'read-only' },
  });
  await eventually(async () => (await filters('reader')).length === 0);
  expect((await filters('owner')).map(({ name }) => name)).toEqual(['Stays']);
});
