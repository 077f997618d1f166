import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { allRoutes, type BusEvent, devicesNotified, operationsAsked } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, OutboxRecord, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, report, type TestDevice } from './testing/fleet';
import { ask, WebUnderTest } from './testing/web-under-test';

const SECRET = 'what-a-script-knows';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let outbox: OutboxRecord;
let broker: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  // A dead letter is an error in the log, as it should be; not in the output of this test.
  app = await web.startWeb('all', { LOG_LEVEL: 'fatal', WEB_SWEEP_SECONDS: '3600' });
  fleet = new Fleet(web);
  broker = await startDouble('push-broker', web.nats);
  outbox = await OutboxRecord.of(web.database.adminUrl, 'core');
});
afterAll(async () => {
  await outbox?.close();
  await broker?.stop();
  await web?.stop();
});

interface Call {
  path?: Record<string, string>;
  body?: object;
}
const owner = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) =>
  ask(app, method, path, { as: 'owner', ...(body ? { body } : {}) });
const group = async (): Promise<string> =>
  String((await owner('POST', '/api/groups', { name: `Group ${newId()}` })).body['id']);
const procedure = (changes: object = {}) => ({
  name: `Procedure ${newId()}`,
  language: 'sh',
  script: `echo ${SECRET}`,
  parameters: [{ name: 'token', label: 'Token', required: false, defaultValue: SECRET }],
  timeLimitSeconds: 60,
  ...changes,
});
const saved = async (): Promise<string> => String((await owner('POST', '/api/procedures', procedure())).body['id']);
const running = async (device?: TestDevice) => {
  const run = await fleet.run(app, await saved(), [device ?? (await fleet.device())]);
  return { batchId: run.batchId, operationId: run.operationIds[0] ?? '' };
};
async function question(): Promise<string> {
  const [known, newcomer] = [await fleet.deviceRow(), await fleet.deviceRow()];
  const id = newId();
  await web.rows(
    `INSERT INTO core.merge_questions (organisation_id, id, known_id, newcomer_id, equal)
     SELECT organisation_id, $1, $2, $3, '{serialNumber}' FROM core.devices WHERE id = $2`,
    [id, known, newcomer],
  );
  return id;
}
async function deadLetter(): Promise<string> {
  await broker.bus.publish(devicesNotified, { deviceIds: ['no device'], at: new Date().toISOString() });
  return eventually(async () => {
    const { body } = await ask(app, 'GET', '/api/dead-letters', { as: 'owner' });
    return (body['deadLetters'] as Array<{ id: string }>)[0]?.id;
  });
}

/** One successful call of every route by which people change something, in which all that it may cause happens. */
const CALLS: Record<string, () => Promise<Call>> = {
  'POST /api/organisations': async () => ({
    body: { name: 'Branch', ownerEmail: 'boss@branch.example', ownerName: 'Boss' },
  }),
  'PATCH /api/devices/:id': async () => ({ path: { id: await fleet.deviceRow() }, body: { name: 'Front desk' } }),
  'DELETE /api/devices/:id': async () => ({ path: { id: await fleet.deviceRow() } }),
  'POST /api/merge-questions/:id/answer': async () => ({ path: { id: await question() }, body: { answer: 'same' } }),
  'POST /api/groups': async () => ({ body: { name: 'Made' } }),
  'PUT /api/groups/:id': async () => ({ path: { id: await group() }, body: { name: 'Changed' } }),
  'DELETE /api/groups/:id': async () => ({ path: { id: await group() } }),
  'POST /api/groups/:id/members': async () => ({
    path: { id: await group() },
    body: { add: [await fleet.deviceRow()] },
  }),
  'POST /api/procedures': async () => ({ body: procedure() }),
  'PUT /api/procedures/:id': async () => ({
    path: { id: await saved() },
    body: procedure({ name: 'Changed', script: `echo no ${SECRET}`, parameters: [] }),
  }),
  'DELETE /api/procedures/:id': async () => ({ path: { id: await saved() } }),
  'POST /api/operations': async () => ({ body: { procedureId: await saved(), deviceIds: [await fleet.deviceRow()] } }),
  'POST /api/operations/:id/cancel': async () => ({ path: { id: (await running()).operationId } }),
  'POST /api/operation-batches/:id/cancel': async () => ({ path: { id: (await running()).batchId }, body: {} }),
  'POST /api/saved-filters': async () => ({ body: { list: 'devices', name: 'Mine', query: 'a=b' } }),
  'DELETE /api/saved-filters/:id': async () => {
    const { body } = await owner('POST', '/api/saved-filters', { list: 'devices', name: newId(), query: '' });
    return { path: { id: String(body['id']) } };
  },
  'PUT /api/uninstall-policy': async () => ({ body: { tokenNeeded: true } }),
  'POST /api/dead-letters/:id/replay': async () => ({ path: { id: await deadLetter() } }),
  'DELETE /api/dead-letters/:id': async () => ({ path: { id: await deadLetter() } }),
};

const routes = allRoutes().filter(
  ({ service, face, method }) => [service, face].join() === 'web,manager' && method !== 'GET',
);

describe('what people do', () => {
  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (name, route) => {
    const prepare = CALLS[name];
    if (!prepare) throw new Error(`Add a call of ${name} to this table.`);
    const { path = {}, body } = await prepare();
    await outbox.news();
    const url = route.path.replace(/:(\w+)/g, (_all, key: string) => path[key] ?? '');
    const reply = await owner(route.method as 'POST', url, body);
    expect([reply.status < 300, reply.body['code']]).toEqual([true, undefined]);

    const causes = Array.isArray(route.causes) ? (route.causes as BusEvent[]) : [];
    const expected = causes.filter(({ publishers }) => publishers.includes('web')).map(({ subject }) => subject);
    const facts = await outbox.news();
    expect([...new Set(facts.map(({ subject }) => subject))].sort()).toEqual(expected.sort());
    expect(JSON.stringify(facts)).not.toContain(SECRET);
    const { userId } = await web.keyManager.verify({ kind: 'token', credential: 'owner', address: '' });
    const actor = { kind: 'token', id: userId, name: 'owner@muster.localhost', address: '198.51.100.7' };
    for (const { subject, payload } of facts) {
      if (subject !== 'device.described.v1') expect([subject, payload['actor']]).toEqual([subject, actor]);
    }
  });

  it('leaves no trace when nothing changed', async () => {
    const [device, groupId] = [await fleet.deviceRow(), await group()];
    const name = `Group ${newId()}`;
    await owner('PUT', `/api/groups/${groupId}`, { name, description: 'x' });
    const { operationId, batchId } = await running();
    await owner('POST', `/api/operations/${operationId}/cancel`);
    await outbox.news();
    const again = [
      await owner('PATCH', `/api/devices/${device}`, { name: '' }),
      await owner('PUT', `/api/groups/${groupId}`, { name, description: 'x' }),
      await owner('POST', `/api/groups/${groupId}/members`, { remove: [device] }),
      await owner('POST', `/api/operations/${operationId}/cancel`),
      await owner('POST', `/api/operation-batches/${batchId}/cancel`, {}),
    ];
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await outbox.news()).toEqual([]);
  });

  it('leaves no trace when it is refused', async () => {
    const [device, taken] = [await fleet.deviceRow(), await group()];
    const { body } = await ask(app, 'GET', '/api/groups?size=200', { as: 'owner' });
    const name = (body['groups'] as Array<{ id: string; name: string }>).find(({ id }) => id === taken)?.name;
    const procedureId = await saved();
    await outbox.news();
    web.keyManager.refusesSigning = true;
    const refused = [
      await ask(app, 'PATCH', `/api/devices/${device}`, { as: 'reader', body: { name: 'x' } }),
      await owner('POST', '/api/groups', { name }),
      await owner('POST', '/api/operations', { procedureId, deviceIds: [device] }),
      await owner('DELETE', `/api/devices/${newId()}`),
    ];
    web.keyManager.refusesSigning = false;
    expect(refused.map(({ status }) => status)).toEqual([403, 409, 403, 404]);
    expect(await outbox.news()).toEqual([]);
  });
});

describe('what the facts say', () => {
  it('what changed in a procedure, with a digest for the script and no value of a parameter', async () => {
    const id = await saved();
    await outbox.news();
    await owner('PUT', `/api/procedures/${id}`, procedure({ name: 'New', script: 'true', parameters: [] }));
    const [{ payload } = { payload: {} }] = await outbox.news();
    expect(payload).toMatchObject({ procedureId: id, name: 'New', version: 2 });
    const fields = (payload as { fields: Array<{ field: string; before: string; after: string }> }).fields;
    expect(fields.map(({ field }) => field)).toEqual(['name', 'script', 'parameters']);
    expect(fields[1]?.after).toBe('SHA-256 b5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b');
    expect(fields[2]).toEqual({ field: 'parameters', before: 'token', after: '' });
  });

  it('which device it was when it was one, and how many otherwise', async () => {
    const procedureId = await saved();
    const [one, more] = [await fleet.deviceRow(undefined, 'desk-7'), await fleet.deviceRows(3)];
    await outbox.news();
    await owner('POST', '/api/operations', { procedureId, deviceIds: [one] });
    await owner('POST', '/api/operations', { procedureId, deviceIds: more });
    const [single, many] = await outbox.news();
    expect(single?.payload).toMatchObject({ procedureId, deviceCount: 1, deviceId: one, deviceName: 'desk-7' });
    expect([many?.subject, many?.payload['deviceCount']]).toEqual([operationsAsked.subject, 3]);
    expect(many?.payload).not.toHaveProperty('deviceId');
  });

  it('how many of a request were cancelled: what had ended is not counted', async () => {
    const [first, second] = [await fleet.device(), await fleet.device()];
    const { batchId, operationIds } = await fleet.run(app, await saved(), [first, second]);
    await fleet.sync(app, first, { reports: [report(operationIds[0] ?? '', 'completed', { exitCode: 0 })] });
    await outbox.news();
    await owner('POST', `/api/operation-batches/${batchId}/cancel`, {});
    expect((await outbox.news()).map(({ payload }) => [payload['batchId'], payload['count']])).toEqual([[batchId, 1]]);
  });
});

describe('what devices are called', () => {
  const described = async () =>
    (await outbox.news()).filter(({ subject }) => subject === 'device.described.v1').map(({ payload }) => payload);

  it('is told when facts change it, and only then', async () => {
    const device = await fleet.device();
    const facts = {
      hostName: 'machine',
      platform: 'linux',
      osName: 'Debian',
      osVersion: '12',
      kernel: '6',
      architecture: 'x64',
    };
    const rest = { disks: [], networks: [], languages: [], agentVersion: '1.0.0' };
    await outbox.news();
    await fleet.sync(app, device, { facts: { ...facts, ...rest, user: 'somebody' } });
    expect(await described()).toEqual([]);
    await fleet.sync(app, device, { facts: { ...facts, ...rest, osName: 'Debian 13' } });
    await fleet.sync(app, device, { facts: { ...facts, ...rest, osName: 'Debian 13', hostName: 'renamed' } });
    expect(await described()).toMatchObject([
      { deviceId: device.id, name: 'machine', osName: 'Debian 13', retired: false },
      { deviceId: device.id, name: 'renamed', osName: 'Debian 13', retired: false },
    ]);
  });

  it('is told when it is retired, and of both when two become one', async () => {
    const device = await fleet.deviceRow();
    const questionId = await question();
    const [pair] = await web.rows<{ known_id: string; newcomer_id: string }>(
      'SELECT known_id, newcomer_id FROM core.merge_questions WHERE id = $1',
      [questionId],
    );
    await owner('PATCH', `/api/devices/${pair?.known_id ?? ''}`, { name: 'Kept name' });
    await outbox.news();
    await owner('DELETE', `/api/devices/${device}`);
    expect(await described()).toMatchObject([{ deviceId: device, retired: true }]);
    await owner('POST', `/api/merge-questions/${questionId}/answer`, { answer: 'same' });
    expect(await described()).toMatchObject([
      { deviceId: pair?.known_id, retired: true },
      { deviceId: pair?.newcomer_id, name: 'Kept name', retired: false },
    ]);
  });
});
