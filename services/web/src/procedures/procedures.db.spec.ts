import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProcedurePage } from '@muster/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { STARTER_SET } from './starter-set';

let web: WebUnderTest;
let app: NestFastifyApplication;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('manager');
});
afterAll(async () => {
  await web?.stop();
});

const list = async (as: string, query = '') =>
  (await ask(app, 'GET', `/api/procedures${query}`, { as })).body as unknown as ProcedurePage;
const save = (fields: object = {}) => ({
  name: 'Mine',
  language: 'python',
  script: 'print(1)\n',
  parameters: [],
  timeLimitSeconds: 30,
  ...fields,
});

it('finds the starter set at first, once, and never again what somebody deleted', async () => {
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: await new Fleet(web).organisation() });
  const pages = await Promise.all(Array.from({ length: 5 }, () => list('stranger')));
  const names = STARTER_SET.map((procedure) => procedure.name).sort();
  for (const page of pages) expect(page.procedures.map((procedure) => procedure.name).sort()).toEqual(names);
  for (const { id } of pages[0]?.procedures ?? []) {
    expect((await ask(app, 'DELETE', `/api/procedures/${id}`, { as: 'stranger' })).status).toBe(204);
  }
  expect(await list('stranger')).toEqual({ procedures: [], total: 0 });
});

it('keeps every version', async () => {
  const created = await ask(app, 'POST', '/api/procedures', { as: 'owner', body: save() });
  expect(created).toMatchObject({ status: 200, body: { version: 1, updatedBy: 'owner@muster.localhost' } });
  const id = String(created.body['id']);
  const changes = ['print(2)\n', 'print(3)\n'].map((script) =>
    ask(app, 'PUT', `/api/procedures/${id}`, { as: 'owner', body: save({ script }) }),
  );
  const versions = (await Promise.all(changes)).map((reply) => reply.body['version']);
  expect(versions.sort()).toEqual([2, 3]);
  const rows = await web.rows<{ version: number; script: string }>(
    'SELECT version, script FROM core.procedure_versions WHERE procedure_id = $1 ORDER BY version',
    [id],
  );
  expect(rows[0]).toEqual({ version: 1, script: 'print(1)\n' });
  const read = await ask(app, 'GET', `/api/procedures/${id}`, { as: 'reader' });
  expect(read.body).toMatchObject({ version: 3, script: rows[2]?.script });
});

it('refuses a name that is taken, repeated parameters, and typing errors', async () => {
  await ask(app, 'POST', '/api/procedures', { as: 'owner', body: save({ name: 'Taken' }) });
  const again = await ask(app, 'POST', '/api/procedures', { as: 'owner', body: save({ name: 'taken' }) });
  expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } });
  const parameter = { name: 'a', label: 'A', required: false };
  const twice = await ask(app, 'POST', '/api/procedures', {
    as: 'owner',
    body: save({ name: 'Twice', parameters: [parameter, parameter] }),
  });
  expect(twice.body).toMatchObject({ code: 'invalid-input', faults: [{ field: 'parameters.1.name' }] });
  const typo = await ask(app, 'POST', '/api/procedures', { as: 'owner', body: { ...save(), skript: '' } });
  expect(typo.body).toMatchObject({ code: 'invalid-input' });
});

it('finds by text and sorts by name', async () => {
  for (const name of ['zeta needle', 'Alpha needle']) {
    await ask(app, 'POST', '/api/procedures', { as: 'owner', body: save({ name }) });
  }
  const found = await list('reader', '?search=NEEDLE');
  expect(found.procedures.map((procedure) => procedure.name)).toEqual(['Alpha needle', 'zeta needle']);
  const descending = await list('reader', '?search=needle&direction=descending&size=1');
  expect([descending.procedures[0]?.name, descending.total]).toEqual(['zeta needle', 2]);
});
