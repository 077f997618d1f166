import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addDevices, addOrganisation } from '../testing/devices';
import { ask, WebUnderTest } from '../testing/web-under-test';

let suite: WebUnderTest;
let web: NestFastifyApplication;

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('manager');
});
afterAll(() => suite?.stop());

const create = (name: string) => ask(web, 'POST', '/api/groups', { as: 'owner', body: { name } });
const members = (id: unknown, body: object) =>
  ask(web, 'POST', `/api/groups/${String(id)}/members`, { as: 'owner', body });

it('is created, changed, listed and deleted; its devices stay', async () => {
  const { body } = await create('  Berlin ');
  expect(body).toMatchObject({ name: 'Berlin', description: '', deviceCount: 0 });
  const path = `/api/groups/${String(body['id'])}`;
  const changed = await ask(web, 'PUT', path, { as: 'owner', body: { name: 'Berlin', description: 'All of it' } });
  expect(changed.body).toMatchObject({ description: 'All of it' });
  await create('Aachen');
  const list = await ask(web, 'GET', '/api/groups?search=all%20of', { as: 'reader' });
  expect(list.body).toMatchObject({ total: 1, groups: [{ name: 'Berlin' }] });
  expect((await ask(web, 'GET', '/api/groups', { as: 'reader' })).body).toMatchObject({
    groups: [{ name: 'Aachen' }, { name: 'Berlin' }],
  });

  const ids = await addDevices(suite, 3);
  expect((await members(body['id'], { add: [...ids, ids[0]] })).body).toMatchObject({ deviceCount: 3 });
  expect((await members(body['id'], { add: ids, remove: [ids[1], newId()] })).body).toMatchObject({ deviceCount: 3 });
  expect((await members(body['id'], { remove: [ids[1]] })).body).toMatchObject({ deviceCount: 2 });
  await ask(web, 'DELETE', `/api/devices/${ids[2]}`, { as: 'owner' });
  expect((await members(body['id'], {})).body).toMatchObject({ deviceCount: 1 });

  expect((await ask(web, 'DELETE', path, { as: 'owner' })).status).toBe(204);
  expect((await ask(web, 'DELETE', path, { as: 'owner' })).status).toBe(404);
  expect((await ask(web, 'GET', `/api/devices/${ids[0]}`, { as: 'owner' })).body).toMatchObject({ groups: [] });
});

it('refuses a second of the same name, a blank name, and members that do not exist', async () => {
  const { body } = await create('Only one');
  expect(await create('ONLY ONE')).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect(await create('   ')).toMatchObject({ status: 400, body: { faults: [{ field: 'name' }] } });
  const [own = ''] = await addDevices(suite, 1);
  const [foreign = ''] = await addDevices(suite, 1, { organisationId: await addOrganisation(suite, 'Second') });
  for (const stranger of [foreign, newId()]) {
    expect((await members(body['id'], { add: [own, stranger] })).status).toBe(404);
  }
  expect((await members(body['id'], {})).body).toMatchObject({ deviceCount: 0 });
  expect((await members(newId(), { add: [own] })).status).toBe(404);
});
