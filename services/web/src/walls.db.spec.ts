import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { allRoutes, DEFAULT_ORGANISATION_ID, type Route } from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDevices, addOrganisation } from './testing/devices';
import { ask, type Reply, WebUnderTest } from './testing/web-under-test';

let suite: WebUnderTest;
let manager: NestFastifyApplication;
let worker: NestFastifyApplication;
/** Something of the first organisation by the path that names it. */
const things = new Map<string, string>();
let devices: string[];

const routes = allRoutes().filter((route) => route.service === 'web');
const ofPeople = routes.filter((route) => route.face === 'manager');
const ofDevices = routes.filter((route) => route.face === 'worker');
const label = (route: Route) => `${route.method} ${route.path}`;

/** A body that the contract accepts and that names things of the first organisation wherever it can. */
const bodyOf = (route: Route): object | undefined =>
  ({
    'PATCH /api/devices/:id': { name: 'taken over' },
    'POST /api/merge-questions/:id/answer': { answer: 'same' },
    'POST /api/groups': { name: `group ${newId()}` },
    'PUT /api/groups/:id': { name: 'taken over' },
    'POST /api/groups/:id/members': { add: devices },
    'POST /api/operations': { procedureId: things.get('/api/procedures/:id'), deviceIds: devices },
    'POST /api/operation-batches/:id/cancel': {},
    'POST /api/procedures': procedure(`procedure ${newId()}`),
    'PUT /api/procedures/:id': procedure('taken over'),
    'PUT /api/uninstall-policy': { tokenNeeded: true },
    'POST /api/organisations': { name: 'Mine', ownerEmail: 'me@stranger.example', ownerName: 'Me' },
  })[label(route)];
const procedure = (name: string) => ({ name, language: 'sh', script: 'id', parameters: [], timeLimitSeconds: 60 });
const pathOf = (route: Route): string =>
  route.path.replace(':id', things.get(route.path.replace(/:id.*/, ':id')) ?? newId());
const call = (app: NestFastifyApplication, route: Route, as?: string): Promise<Reply> =>
  ask(app, route.method, pathOf(route), { as, body: bodyOf(route) });

beforeAll(async () => {
  suite = await WebUnderTest.start();
  [manager, worker] = [await suite.startWeb('manager'), await suite.startWeb('worker')];
  suite.keyManager.people.set('stranger', { role: 'owner', organisationId: await addOrganisation(suite, 'Second') });
  devices = await addDevices(suite, 2, { name: 'hidden' });
  const [known = '', newcomer = ''] = devices;
  const question = newId();
  await suite.rows(
    `INSERT INTO core.merge_questions (organisation_id, id, known_id, newcomer_id, equal) VALUES ($1, $2, $3, $4, '{}')`,
    [DEFAULT_ORGANISATION_ID, question, known, newcomer],
  );
  const idOf = (reply: Reply): string => {
    expect(reply.status).toBe(200);
    return String(reply.body['id']);
  };
  const group = idOf(await ask(manager, 'POST', '/api/groups', { as: 'owner', body: { name: 'hidden' } }));
  const stored = await ask(manager, 'POST', '/api/procedures', { as: 'owner', body: procedure('hidden') });
  const procedureId = idOf(stored);
  const run = { procedureId, deviceIds: [known] };
  const batch = idOf(await ask(manager, 'POST', '/api/operations', { as: 'owner', body: run }));
  const [operation] = await suite.rows<{ id: string }>('SELECT id FROM core.operations');
  things.set('/api/devices/:id', known);
  things.set('/api/merge-questions/:id', question);
  things.set('/api/groups/:id', group);
  things.set('/api/procedures/:id', procedureId);
  things.set('/api/operation-batches/:id', batch);
  things.set('/api/operations/:id', operation?.id ?? '');
  things.set('/api/dead-letters/:id', '98765432109876');
});
afterAll(() => suite?.stop());

/** Everything that the first organisation has, as text. */
async function snapshot(): Promise<string> {
  const tables = await suite.rows<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns
      WHERE table_schema = 'core' AND column_name = 'organisation_id' ORDER BY table_name`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const contents: object[] = [];
  for (const { name } of tables) {
    const rows = `SELECT to_jsonb(t) AS row FROM core.${name} t WHERE organisation_id = $1 ORDER BY 1`;
    contents.push({ name, rows: await suite.rows(rows, [DEFAULT_ORGANISATION_ID]) });
  }
  return JSON.stringify(contents, null, 1);
}

describe('an owner of another organisation', () => {
  it.each(ofPeople.map((route) => [label(route), route] as const))(
    'sees and changes nothing by %s',
    async (_, route) => {
      const before = await snapshot();
      const reply = await call(manager, route, 'stranger');
      const text = JSON.stringify(reply.body);
      for (const id of [...things.values(), ...devices]) expect(text).not.toContain(id);
      expect(text).not.toContain('hidden');
      // Dead letters are of all organisations: the suite's own people alone may ask.
      const hidden = route.path.startsWith('/api/dead-letters') ? 403 : 404;
      if (route.path.includes(':id')) expect(reply.status).toBe(hidden);
      expect(reply.status).toBeLessThan(500);
      expect(await snapshot()).toBe(before);
    },
  );
});

describe('nobody', () => {
  it.each(ofPeople.map((route) => [label(route), route] as const))('gets in by %s', async (_, route) => {
    expect(await call(manager, route)).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
  });

  it.each(ofDevices.filter((route) => route.access.kind === 'device').map((route) => [label(route), route] as const))(
    'gets in by %s without a certificate, whatever session they have',
    async (_, route) => {
      expect(await call(worker, route, 'owner')).toMatchObject({ body: { code: 'certificate-required' } });
    },
  );
});

describe('a read-only user', () => {
  const changing = ofPeople.filter(
    ({ access }) => access.kind === 'permission' && !access.permission.endsWith('.read'),
  );
  it.each(changing.map((route) => [label(route), route] as const))('is refused %s', async (_, route) => {
    expect(await call(manager, route, 'reader')).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
  });
});

describe('each face', () => {
  it.each(ofPeople.map((route) => [label(route), route] as const))('worker: has no %s', async (_, route) => {
    expect((await call(worker, route, 'owner')).status).toBe(404);
  });
  it.each(ofDevices.map((route) => [label(route), route] as const))('manager: has no %s', async (_, route) => {
    expect((await call(manager, route, 'owner')).status).toBe(404);
  });
});
