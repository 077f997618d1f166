import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, payloadOf, report, type TestDevice } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { OperationRetention } from './operation-retention';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let procedureId: string;
let retention: OperationRetention;
beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('all', { OPERATION_DAYS: '100' });
  fleet = new Fleet(web);
  procedureId = await fleet.procedure(app);
  retention = app.get(OperationRetention);
});
afterAll(async () => {
  await web?.stop();
});

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
/** Runs on the devices and ends on the first so many of them. */
async function ran(devices: TestDevice[], ends = devices.length) {
  const { batchId, operationIds } = await fleet.run(app, procedureId, devices);
  for (const [index, device] of devices.slice(0, ends).entries()) {
    const id = operationIds[index] ?? '';
    await fleet.sync(app, device, { reports: [report(id, 'started')], holding: [id] });
    await fleet.sync(app, device, { reports: [report(id, 'completed', { exitCode: 0 })] });
  }
  return { batchId, operationIds };
}
const left = async (table: 'operations' | 'operation_batches', ids: string[]): Promise<string[]> => {
  const rows = await web.rows<{ id: string }>(`SELECT id FROM core.${table} WHERE id = ANY($1::uuid[])`, [ids]);
  return rows.map((row) => row.id).sort();
};
const age = (operationIds: string[], days: number): Promise<unknown> =>
  web.rows(
    `WITH o AS (UPDATE core.operations SET created_at = created_at - $2 * interval '1 day', changed_at = changed_at - $2 * interval '1 day'
                 WHERE id = ANY($1::uuid[]) RETURNING batch_id)
     UPDATE core.operation_batches SET created_at = created_at - $2 * interval '1 day' WHERE id IN (SELECT batch_id FROM o)`,
    [operationIds, days],
  );

describe('operations that ended long ago', () => {
  it('go with their request and its history, once their time is over', async () => {
    const { batchId, operationIds } = await ran([await fleet.device(), await fleet.device()]);
    expect(await retention.removeOld(inDays(99))).toBe(0);
    expect(await left('operations', operationIds)).toHaveLength(2);
    expect(await retention.removeOld(inDays(101))).toBe(2);
    expect(await left('operations', operationIds)).toEqual([]);
    expect(await left('operation_batches', [batchId])).toEqual([]);
    expect(await fleet.historyOf(operationIds[0] ?? '')).toEqual([]);
    expect((await ask(app, 'GET', `/api/operation-batches/${batchId}`, { as: 'owner' })).status).toBe(404);
  });

  it('stay while one operation of their request has not ended, or ended later', async () => {
    const devices = [await fleet.device(), await fleet.device()];
    const { batchId, operationIds } = await ran(devices, 1);
    expect(await retention.removeOld(inDays(101))).toBe(0);
    expect(await left('operations', operationIds)).toHaveLength(2);
    await age(operationIds, 200);
    const [, last = ''] = operationIds;
    const reports = [report(last, 'completed', { exitCode: 0 })];
    await fleet.sync(app, devices[1] as TestDevice, { reports: [report(last, 'started'), ...reports] });
    expect(await retention.removeOld()).toBe(0);
    expect((await ask(app, 'GET', `/api/operation-batches/${batchId}`, { as: 'owner' })).body).toMatchObject({
      deviceCount: 2,
      states: [{ state: 'COMPLETED', count: 2 }],
    });
    expect(await retention.removeOld(inDays(101))).toBe(2);
  });

  it('go of every organisation, more than one transaction removes', async () => {
    const stranger = await fleet.organisation();
    web.keyManager.people.set('stranger', { role: 'owner', organisationId: stranger });
    const others = await fleet.procedure(app, { as: 'stranger' });
    const far = await fleet.device(stranger);
    await fleet.run(app, others, [far], 'stranger');
    const ids = await fleet.deviceRows(1200);
    await fleet.run(
      app,
      procedureId,
      ids.map((id) => ({ id })),
    );
    for (let runs = 0; runs < 3; runs += 1) await fleet.run(app, procedureId, [{ id: ids[0] ?? '' }]);
    await web.rows(`UPDATE core.operations SET state = 'EXPIRED', ended_by = 'server', deadline_at = NULL, hint_after = NULL
                     WHERE ended_by IS NULL`);
    expect(await retention.removeOld(inDays(101))).toBe(1204);
    expect(await web.rows('SELECT id FROM core.operations')).toEqual([]);
    expect(await web.rows('SELECT id FROM core.operation_batches')).toEqual([]);
  });

  it('give their numbers to none that follow, and a late report of one does no harm', async () => {
    const device = await fleet.device();
    const { operationIds } = await ran([device]);
    await retention.removeOld(inDays(101));
    const [gone = ''] = operationIds;
    const late = await fleet.sync(app, device, { reports: [report(gone, 'completed', { exitCode: 0 })] });
    expect(late.settled).toEqual([gone]);
    await fleet.run(app, procedureId, [device]);
    const [next] = (await fleet.sync(app, device)).operations;
    expect(next && payloadOf(next).sequence).toBe(2);
  });
});

it('people are told for how many days operations are kept', async () => {
  expect((await ask(app, 'GET', '/api/operations', { as: 'owner' })).body).toMatchObject({ keptDays: 100 });
});

it('is done by itself', async () => {
  const { operationIds } = await ran([await fleet.device(DEFAULT_ORGANISATION_ID)]);
  await age(operationIds, 150);
  const second = await web.startWeb('all', { OPERATION_DAYS: '100', RETENTION_SECONDS: '1' });
  await eventually(async () => (await left('operations', operationIds)).length === 0, { within: 30_000 });
  await second.close();
});
