import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { Database } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, report, type TestDevice } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let procedureId: string;
let device: TestDevice;
let batchId: string;
let operationId: string;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb();
  fleet = new Fleet(web);
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: await fleet.organisation() });
  procedureId = await fleet.procedure(app);
  device = await fleet.device();
  const run = await fleet.run(app, procedureId, [device]);
  batchId = run.batchId;
  operationId = run.operationIds[0] ?? '';
  await fleet.sync(app, device, { reports: [report(operationId, 'started')], holding: [operationId] });
});
afterAll(async () => {
  await web?.stop();
});

const save = { name: 'Stolen', language: 'sh', script: 'true', parameters: [], timeLimitSeconds: 1 };

describe('another organisation', () => {
  it.each([
    ['GET', () => `/api/operations/${operationId}`, undefined],
    ['POST', () => `/api/operations/${operationId}/cancel`, undefined],
    ['GET', () => `/api/operation-batches/${batchId}`, undefined],
    ['POST', () => `/api/operation-batches/${batchId}/cancel`, {}],
    ['GET', () => `/api/procedures/${procedureId}`, undefined],
    ['PUT', () => `/api/procedures/${procedureId}`, save],
    ['DELETE', () => `/api/procedures/${procedureId}`, undefined],
  ] as const)('finds nothing: %s %o', async (method, path, body) => {
    const before = await fleet.stateOf(operationId);
    const reply = await ask(app, method, path(), { as: 'stranger', ...(body ? { body } : {}) });
    expect(reply).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await fleet.stateOf(operationId)).toEqual(before);
  });

  it('lists nothing, runs nothing, and has procedures of its own', async () => {
    const none = { operations: [], total: 0, keptDays: 365 };
    expect((await ask(app, 'GET', '/api/operations', { as: 'stranger' })).body).toEqual(none);
    const filtered = await ask(app, 'GET', `/api/operations?deviceId=${device.id}`, { as: 'stranger' });
    expect(filtered.body).toEqual(none);
    const body = { procedureId, deviceIds: [device.id] };
    expect((await ask(app, 'POST', '/api/operations', { as: 'stranger', body })).status).toBe(404);
    const procedures = await ask(app, 'GET', '/api/procedures', { as: 'stranger' });
    expect(JSON.stringify(procedures.body)).not.toContain(procedureId);
  });

  it('has no row for the service itself to see, even in a query that names no organisation', async () => {
    const tables = ['operations', 'operation_batches', 'operation_transitions'];
    const countIn = (organisationId: string, table: string) =>
      app.get(Database, { strict: false }).inOrganisation(organisationId, async (manager) => {
        const [row]: Array<{ n: number }> = await manager.query(`SELECT count(*)::int AS n FROM core.${table}`);
        return row?.n ?? -1;
      });
    const stranger = web.keyManager.people.get('stranger')?.organisationId ?? '';
    for (const table of tables) {
      expect([table, await countIn(stranger, table)]).toEqual([table, 0]);
      expect(await countIn(DEFAULT_ORGANISATION_ID, table)).toBeGreaterThan(0);
    }
  });
});

describe('the default organisation', () => {
  it('sees what is its own', async () => {
    const { body } = await ask(app, 'GET', `/api/operations/${operationId}`, { as: 'reader' });
    expect(body).toMatchObject({ id: operationId, batchId, state: 'IN_PROGRESS', outputTruncated: false });
  });

  it('lets people without the permission read only', async () => {
    const asReader = { as: 'reader', body: {} };
    expect((await ask(app, 'POST', `/api/operation-batches/${batchId}/cancel`, asReader)).status).toBe(403);
    expect((await ask(app, 'POST', `/api/operations/${operationId}/cancel`, { as: 'reader' })).status).toBe(403);
    expect((await ask(app, 'POST', '/api/procedures', { as: 'reader', body: save })).status).toBe(403);
  });

  it('lists by state, device, request and text, in pages', async () => {
    const other = await fleet.device(DEFAULT_ORGANISATION_ID, 'needle-machine');
    for (let count = 0; count < 3; count += 1) await fleet.run(app, procedureId, [other]);
    const list = async (query: string) =>
      (await ask(app, 'GET', `/api/operations?${query}`, { as: 'reader' })).body as {
        operations: Array<{ id: string; deviceName: string; state: string }>;
        total: number;
      };
    const all = await list('size=2');
    expect([all.operations.length, all.total]).toEqual([2, 4]);
    const second = await list('size=2&page=2');
    expect(new Set([...all.operations, ...second.operations].map((row) => row.id)).size).toBe(4);
    expect((await list(`deviceId=${other.id}`)).total).toBe(3);
    expect((await list('state=IN_PROGRESS')).operations.map((row) => row.id)).toEqual([operationId]);
    expect((await list(`batchId=${batchId}`)).total).toBe(1);
    expect((await list('search=NEEDLE')).operations.map((row) => row.deviceName)).toEqual(
      Array.from({ length: 3 }, () => 'needle-machine'),
    );
    expect((await list('search=%25')).total).toBe(0);
  });
});
