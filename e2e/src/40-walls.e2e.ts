import { createHash } from 'node:crypto';
import {
  allRoutes,
  createApiToken,
  createGroup,
  createInvitation,
  createProcedure,
  createRelease,
  createUser,
  DEFAULT_ORGANISATION_ID,
  discardDeadLetter,
  endAnySession,
  fieldsOf,
  listApiTokens,
  listDeadLetters,
  listDevices,
  listEmailMessages,
  listGroups,
  listMergeQuestions,
  listRegistrationKeys,
  listUsers,
  readDevice,
  readEmailSettings,
  readProcedure,
  renameDevice,
  ROLE_PERMISSIONS,
  type Route,
  saveFilter,
  signReleaseText,
  updateUser,
} from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Api, type RawReply, Refused } from './harness/api';
import { makeDeadLetter } from './harness/dead-letters';
import { enrolledDevice, newKey } from './harness/devices';
import { SentSection, software } from './harness/inventory';
import { openLive } from './harness/live';
import { asAdmin, asNewUser, asOtherOwner } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';
import { until } from './harness/stack';

const NOWHERE = '01900000-0000-7000-8000-0000000000ff';
const guarded = allRoutes().filter((route) => route.access.kind !== 'public' && route.face === 'manager');
const named = (routes: readonly Route[]): [string, Route][] =>
  routes.map((route) => [`${route.method} ${route.path}`, route]);

let admin: Api;
let device: string;
beforeAll(async () => {
  admin = await asAdmin();
  device = (await localDevice(admin)).id;
});

const statusOf = (api: Api, route: Route, id = NOWHERE): Promise<number> =>
  api.raw(route, { params: { id, operationId: id }, body: route.body ? {} : undefined }).then((reply) => reply.status);

it('these walls are tried at every service that people talk to', () => {
  const services = new Set(guarded.map(({ service }) => service));
  expect([...services].sort()).toEqual(['audit-logs', 'downloads', 'key-manager', 'plugins', 'rmm-logs', 'web']);
});

describe('nobody', () => {
  it.each(named(guarded))('gets 401 at %s', async (_, route) => {
    expect(await statusOf(Api.anonymous(), route)).toBe(401);
  });
});

describe('a read-only user', () => {
  let reader: Api;
  beforeAll(async () => {
    reader = await asNewUser('read-only');
  });
  const may = (route: Route): boolean =>
    route.access.kind === 'permission' && ROLE_PERMISSIONS['read-only'].includes(route.access.permission);
  const refused = guarded.filter((route) => route.access.kind === 'permission' && !may(route));
  it.each(named(refused))('gets 403 at %s', async (_, route) => {
    expect(await statusOf(reader, route)).toBe(403);
  });
  it('reads devices', async () => {
    expect((await reader.call(readDevice, { params: { id: device } })).id).toBe(device);
  });
  it('sees registration keys, but nothing that enrols a device', async () => {
    const { id, key } = await newKey();
    const find = async (api: Api) => (await api.call(listRegistrationKeys)).keys.find((one) => one.id === id);
    expect(await find(admin)).toMatchObject({ key, installLines: expect.arrayContaining([expect.anything()]) });
    const seen = await find(reader);
    expect(seen).toMatchObject({ name: 'test', state: 'active' });
    expect(seen).not.toHaveProperty('key');
    expect(seen).not.toHaveProperty('installLines');
    expect((await reader.raw(listRegistrationKeys)).text).not.toContain(key);
  });
});

describe('an administrator', () => {
  it('makes no owner, and a technician no user', async () => {
    const administrator = await asNewUser('administrator');
    const body = { email: 'x@example.org', name: 'x', role: 'owner' as const };
    await expect(administrator.call(createUser, { body })).rejects.toMatchObject({ status: 403 });
    const technician = await asNewUser('technician');
    await expect(technician.call(createUser, { body: { ...body, role: 'read-only' } })).rejects.toMatchObject({
      status: 403,
    });
  });
});

/** What only devices of the first organisation say, in every kind of report. */
const MARKER = `marker-${Math.random().toString(36).slice(2, 12)}`;

/** Hands in reports of all kinds about the marker. @returns the id of the operation that printed it */
async function reportMarker(device: SimulatedDevice): Promise<string> {
  const operation = await start(admin, device.id, 'true');
  await device.appendOutput(operation.id, [{ number: 0, stream: 'stdout', text: MARKER }]);
  const lists = { networks: [], temperatures: [] };
  const disks = [{ mountPoint: `/${MARKER}`, usedBytes: 1, sizeBytes: 2 }];
  const processes = [{ pid: 1, name: MARKER, cpuPercent: 1, memoryBytes: 1 }];
  await device.reportTo('rmm', [
    { kind: 'sample', sample: { ...lists, disks, processes } },
    { kind: 'log', level: 'info', message: MARKER },
  ]);
  await device.reportTo('audit', [{ kind: 'audit', action: 'agent.updated', details: [{ name: 'x', value: MARKER }] }]);
  await new SentSection(device, 'users').whole([{ key: MARKER, ...{ name: MARKER } }]);
  const section = new SentSection(device, 'software');
  await section.whole([software('other', '1')]);
  await section.difference([software(MARKER, MARKER)], []);
  return operation.id;
}

/** A release that is announced: its package never comes. @returns its id */
async function announceRelease(): Promise<string> {
  const what = { purpose: 'release', product: 'muster-agent', version: '0.0.1', platform: 'any' };
  const sizes = { sizeBytes: 1000, unpackedBytes: 2000, sha256: createHash('sha256').update(MARKER).digest('hex') };
  const payload = JSON.stringify({ ...what, ...sizes, issuedAt: new Date().toISOString() });
  const manifest = await admin.call(signReleaseText, { body: { payload } });
  return (await admin.call(createRelease, { body: { manifest } })).id;
}

/** One of each thing that has an id in a path, by the path's collection; all of them of the first organisation. */
async function oneOfEach(): Promise<Record<string, string>> {
  const known = await enrolledDevice();
  const clone = await enrolledDevice({ hardware: known.hardware });
  const { questions } = await admin.call(listMergeQuestions, { query: { size: 200 } });
  const question = questions.find(({ newcomer }) => newcomer.id === clone.id);
  const operation = await start(admin, device, 'true');
  await untilEnded(admin, operation.id);
  const procedure = { name: MARKER, language: 'sh' as const, script: 'true', parameters: [], timeLimitSeconds: 10 };
  const email = `wall-${Math.random().toString(36).slice(2, 10)}@example.org`;
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const token = { name: 'wall', permissions: ['devices.read' as const], expiresAt };
  const session = (await asNewUser('technician')).session?.id ?? '';
  const filter = { list: 'devices', name: 'wall', query: 'presence=online' };
  return {
    devices: known.id,
    output: await reportMarker(known),
    'saved-filters': (await admin.call(saveFilter, { body: filter })).id,
    operations: operation.id,
    'operation-batches': operation.batchId,
    procedures: (await admin.call(createProcedure, { body: procedure })).id,
    groups: (await admin.call(createGroup, { body: { name: MARKER } })).id,
    'registration-keys': (await newKey({ name: 'wall' })).id,
    users: (await admin.call(createUser, { body: { email, name: 'wall', role: 'read-only' } })).id,
    invitations: (
      await admin.call(createInvitation, { body: { email: `invited-${email}`, name: 'wall', role: 'read-only' } })
    ).id,
    tokens: (await admin.call(createApiToken, { body: token })).id,
    sessions: admin.session?.id ?? '',
    'all-sessions': session,
    'merge-questions': question?.id ?? '',
    'dead-letters': (await makeDeadLetter(admin)).id,
    releases: await announceRelease(),
  };
}

describe('a second organisation', () => {
  let other: Api;
  let ids: Record<string, string>;
  beforeAll(async () => {
    other = await asOtherOwner();
    ids = await oneOfEach();
  });

  /** Bodies that pass validation, so that nothing but the wall can refuse. */
  const bodies: Record<string, object> = {
    'PATCH /api/devices/:id': { name: 'stolen' },
    'PUT /api/procedures/:id': { name: 'stolen', language: 'sh', script: 'true', parameters: [], timeLimitSeconds: 10 },
    'PUT /api/groups/:id': { name: 'stolen' },
    'POST /api/groups/:id/members': { add: [] },
    'POST /api/operation-batches/:id/cancel': {},
    'POST /api/merge-questions/:id/answer': { answer: 'same' },
    'PATCH /auth/users/:id': { name: 'stolen' },
    'PUT /downloads/releases/:id/package': { number: 0, data: 'AAAA' },
    'PUT /downloads/releases/:id/roll-out': {
      ...{ channel: 'stable', percentage: 100, mostAtOnce: 1 },
      stop: { failures: 0, sharePercent: 0, shareAfter: 1 },
    },
  };
  const collectionOf = (route: Route): string => route.path.split('/')[2] ?? '';
  /** Queries that routes need, or that find the marker among much else. */
  const [from, to] = [-3_600_000, 3_600_000].map((offset) => new Date(Date.now() + offset).toISOString());
  const queries: Record<string, Record<string, string | number>> = {
    'GET /rmm/devices/:id/samples': { from: from ?? '', to: to ?? '' },
    'GET /rmm/logs': { search: MARKER },
    'GET /plugins/changes': { search: MARKER },
    'GET /plugins/software': { search: MARKER },
    'GET /plugins/software/devices': { name: MARKER },
    'GET /plugins/software/versions': { source: 'dpkg', name: MARKER },
    'GET /audit/entries': { search: MARKER },
  };
  const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
  const ask = (api: Api, route: Route, id = NOWHERE, more: Record<string, string> = {}): Promise<RawReply> =>
    api.raw(route, {
      params: { id, operationId: ids['output'] ?? '' },
      query: {
        ...(route.query && !route.path.includes(':') && sized(route) ? { size: 200 } : {}),
        ...queries[nameOf(route)],
        ...more,
      },
      body: bodies[nameOf(route)],
    });
  const sized = ({ query }: Route): boolean => query !== undefined && fieldsOf(query).has('size');
  const withId = guarded.filter((route) => route.path.includes('/:id'));
  it.each(named(withId))('finds nothing of the first at %s', async (name, route) => {
    const id = ids[collectionOf(route)] ?? '';
    expect(id, `the test knows one of ${collectionOf(route)}`).not.toBe('');
    if (route.body) expect(bodies[name], `the test knows a valid body for ${name}`).toBeDefined();
    const reply = await ask(other, route, id);
    if (id.length === NOWHERE.length) expect(reply.text).not.toContain(id);
    if (HOLDS_NOTHING.includes(name)) {
      expect([reply.status, reply.text]).toEqual([200, (await ask(other, route)).text]);
      return;
    }
    // Dead letters belong to no organisation: they are for owners of the default one.
    expect(reply.status).toBe(collectionOf(route) === 'dead-letters' ? 403 : 404);
  });
  /** Of a device that does not exist, or not here, these say that nothing was reported. */
  const HOLDS_NOTHING = [
    'GET /rmm/devices/:id/samples',
    'GET /rmm/devices/:id/operations/:operationId/output',
    'GET /plugins/devices/:id/inventory',
    'GET /plugins/devices/:id/software',
  ];

  const reported = guarded.filter(
    ({ service, path, method }) =>
      ['rmm-logs', 'plugins', 'audit-logs'].includes(service) &&
      method === 'GET' &&
      !['/audit/heads', '/audit/forwarding'].includes(path),
  );
  it.each(named(reported))('sees nothing that devices of the first reported at %s', async (_, route) => {
    const id = ids['devices'];
    await until('the first sees it', async () => (await ask(admin, route, id)).text.includes(`${MARKER}"`));
    // What it asked for itself is in its own audit log.
    const others = (await ask(other, route, id)).text
      .split('{"number":')
      .filter((one) => !one.includes('list.exported'));
    expect(others.join()).not.toContain(`${MARKER}"`);
    if (!route.list) return;
    for (const format of ['csv', 'json']) {
      expect((await ask(admin, route, id, { format })).text).toContain(MARKER);
      const lines = (await ask(other, route, id, { format })).text.split('\n');
      expect(lines.filter((line) => !line.includes('list.exported')).join('\n')).not.toContain(MARKER);
    }
  });

  const lists = guarded.filter((route) => route.method === 'GET' && !route.path.includes(':'));
  it.each(named(lists))('sees nothing of the first at %s', async (name, route) => {
    const [own, foreign] = [await ask(admin, route), await ask(other, route)];
    expect(own.status).toBe(200);
    const refused = {
      [nameOf(listDeadLetters)]: 403,
      [nameOf(readEmailSettings)]: 403,
      [nameOf(listEmailMessages)]: 403,
      'GET /plugins/software/versions': 404,
    };
    expect(foreign.status).toBe(refused[name] ?? 200);
    const uuids = [DEFAULT_ORGANISATION_ID, ...Object.values(ids).filter((id) => id.length === NOWHERE.length)];
    for (const id of uuids) expect(foreign.text).not.toContain(id);
    const id = ids[collectionOf(route)];
    if (id) expect(own.text, 'the first sees its own').toContain(`"${id}"`);
  });

  it('cannot run anything on a device of the first', async () => {
    const refusal = await start(other, device, 'true').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refused);
    expect(refusal).toMatchObject({ status: 404 });
  });

  it('left everything as it was', async () => {
    const { users } = await admin.call(listUsers);
    expect(users.find(({ id }) => id === ids['users'])).toMatchObject({ name: 'wall', disabled: false });
    const { groups } = await admin.call(listGroups, { query: { size: 200 } });
    expect(groups.find(({ id }) => id === ids['groups'])?.name).toBe(MARKER);
    const { keys } = await admin.call(listRegistrationKeys);
    expect(keys.find(({ id }) => id === ids['registration-keys'])?.state).toBe('active');
    const { tokens } = await admin.call(listApiTokens);
    expect(tokens.map(({ id }) => id)).toContain(ids['tokens']);
    const { questions } = await admin.call(listMergeQuestions, { query: { size: 200 } });
    expect(questions.map(({ id }) => id)).toContain(ids['merge-questions']);
    const procedure = await admin.call(readProcedure, { params: { id: ids['procedures'] ?? '' } });
    expect(procedure.name).toBe(MARKER);
    expect((await admin.call(readDevice, { params: { id: ids['devices'] ?? '' } })).name).not.toBe('stolen');
    const { deadLetters } = await admin.call(listDeadLetters, { query: { size: 200 } });
    expect(deadLetters.map(({ id }) => id)).toContain(ids['dead-letters']);
    await admin.call(discardDeadLetter, { params: { id: ids['dead-letters'] ?? '' } });
  });
});

describe('rights end within a second', () => {
  const sessionOf = (user: Api): { id: string; user: { id: string } } => {
    if (!user.session) throw new Error('not signed in by a person');
    return user.session;
  };

  it('when an administrator ends somebody’s session, also on an open live connection', async () => {
    const administrator = await asNewUser('administrator');
    const user = await asNewUser('technician');
    await user.call(listDevices);
    const live = await openLive(user.cookie);
    expect(live.isOpen()).toBe(true);
    await administrator.call(endAnySession, { params: { id: sessionOf(user).id } });
    await until('the session is refused', async () => (await user.raw(listDevices)).status === 401, 1);
    await until('the live connection is closed', async () => !live.isOpen(), 1);
    expect(live.messages.map(({ type }) => type)).toContain('signed-out');
    await administrator.call(listDevices);
  });

  it('when a role is taken away', async () => {
    const user = await asNewUser('technician');
    const rename = async (): Promise<number> =>
      (await user.raw(renameDevice, { params: { id: NOWHERE }, body: { name: 'x' } })).status;
    expect(await rename()).toBe(404);
    await admin.call(updateUser, { params: { id: sessionOf(user).user.id }, body: { role: 'read-only' } });
    await until('the change is refused', async () => (await rename()) === 403, 1);
    await user.call(listDevices);
  });
});
