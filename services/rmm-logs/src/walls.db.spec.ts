import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { allRoutes, DEFAULT_ORGANISATION_ID, type Route } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogStore } from './logs/log-store';
import { OutputStore } from './output/output-store';
import { RollingUp } from './samples/rolling-up.service';
import { storedForm } from './samples/measured';
import { SampleStore } from './samples/sample-store';
import { ask, type Reply, RmmLogsUnderTest, type TestDevice } from './testing/rmm-logs-under-test';
import { random, sampleOf, TestSpool } from './testing/samples';

const HOUR = 3_600_000;
const TABLES = [
  'samples',
  'sample_hours',
  'samples_hourly',
  'hours_due',
  'logs',
  'outputs',
  'output_pieces',
  'receipts',
];

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
let hidden: TestDevice;
const operation = newId();
const stranger = newId();
const routes = allRoutes().filter((route) => route.service === 'rmm-logs');
const ofPeople = routes.filter((route) => route.face === 'manager');
const ofDevices = routes.filter((route) => route.face === 'worker');
const label = (route: Route): string => `${route.method} ${route.path}`;

const queries: Record<string, string> = {
  'GET /rmm/devices/:id/samples': `?${new URLSearchParams({
    from: new Date(Date.now() - 24 * HOUR).toISOString(),
    to: new Date(Date.now() + HOUR).toISOString(),
  })}`,
};
const bodies: Record<string, () => object> = {
  'POST /reports/rmm': () => {
    const spool = new TestSpool();
    return spool.batch([spool.log(Date.now(), 'mine')]);
  },
  'POST /operations/:id/output': () => ({ chunks: [{ number: 0, stream: 'stdout', text: 'mine' }] }),
};
const pathOf = (route: Route, device = hidden): string =>
  route.path
    .replace(':operationId', operation)
    .replace(':id', route.path.startsWith('/operations') ? operation : device.id) + (queries[label(route)] ?? '');
const call = (route: Route, as: { as?: string; device?: TestDevice }): Promise<Reply> =>
  ask(app, route.method as 'GET' | 'POST', pathOf(route), { ...as, body: bodies[label(route)]?.() });

/** Something in every table. */
async function fill(device: TestDevice, mark: string): Promise<void> {
  const head = (spool: string) => ({
    organisationId: device.organisationId,
    deviceId: device.id,
    spool,
    receivedAt: new Date().toISOString(),
  });
  const next = random(101);
  const at = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();
  const sample = { ...sampleOf(next), disks: [{ mountPoint: mark, usedBytes: 1, sizeBytes: 2 }] };
  const samples = [5, 4, 0].map((hours, index) => ({
    sequence: index + 1,
    at: at(hours),
    measured: storedForm(sample),
  }));
  await app.get(SampleStore).store([{ ...head(newId()), samples }]);
  await app.get(RollingUp).run();
  const logs = [{ sequence: 1, at: at(0), level: 'error' as const, message: mark }];
  await app.get(LogStore).store([{ ...head(newId()), logs }]);
  const chunks = [{ number: 0, stream: 'stdout' as const, text: mark }];
  await app.get(OutputStore).store([{ ...head(operation), operationId: operation, chunks }]);
}

beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ ROLL_UP_SECONDS: '3600' });
  suite.people.set('powerless', { role: 'read-only', organisationId: stranger, permissions: [] });
  suite.people.set('stranger', { role: 'owner', organisationId: stranger });
  hidden = suite.device();
  await fill(hidden, 'hidden');
});
afterAll(() => suite?.stop());

describe('an owner of another organisation', () => {
  it.each(ofPeople.map((route) => [label(route), route] as const))('sees nothing by %s', async (_, route) => {
    const theirs = await call(route, { as: 'stranger' });
    expect(JSON.stringify(theirs.body)).not.toContain('hidden');
    expect(theirs.status === 200 || theirs.status === 404).toBe(true);
    const known = await call(route, { as: 'owner' });
    expect(known.status).toBe(200);
    expect(JSON.stringify(known.body)).toContain('hidden');
    // A device that does not exist looks the same as one of another organisation.
    const nobody = await ask(app, 'GET', pathOf(route, { ...hidden, id: newId() }), { as: 'stranger' });
    expect([nobody.status, nobody.body['code']]).toEqual([theirs.status, theirs.body['code']]);
  });
});

describe('nobody', () => {
  it.each(ofPeople.map((route) => [label(route), route] as const))('gets in by %s', async (_, route) => {
    expect(await call(route, {})).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
    expect(await call(route, { as: 'powerless' })).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
    expect(await call(route, { device: hidden })).toMatchObject({ status: 401 });
  });
  it.each(ofDevices.map((route) => [label(route), route] as const))(
    'gets in by %s without the certificate of a device that is at home',
    async (_, route) => {
      expect(await call(route, { as: 'owner' })).toMatchObject({ body: { code: 'certificate-required' } });
      const retired = suite.device();
      suite.web.homes.delete(retired.id);
      expect(await call(route, { device: retired })).toMatchObject({ status: 403, body: { code: 'device-revoked' } });
      expect(await call(route, { device: hidden })).toMatchObject({ status: 202 });
    },
  );
});

describe('rows', () => {
  it('of every table are seen by their own organisation only, whatever is asked', async () => {
    await fill(suite.device(stranger), 'other');
    const database = app.get(Database);
    for (const table of TABLES) {
      const homes = async (organisationId: string): Promise<string[]> => {
        const rows = await database.inOrganisation(organisationId, (manager) =>
          manager.query<Array<{ organisation_id: string }>>(`SELECT DISTINCT organisation_id FROM rmm_logs.${table}`),
        );
        return rows.map((row) => row.organisation_id);
      };
      expect([table, await homes(DEFAULT_ORGANISATION_ID)]).toEqual([table, [DEFAULT_ORGANISATION_ID]]);
      expect([table, await homes(stranger)]).toEqual([table, [stranger]]);
      expect([table, await homes(newId())]).toEqual([table, []]);
      const unscoped = database.unscoped((manager) => manager.query<object[]>(`SELECT * FROM rmm_logs.${table}`));
      expect([table, await unscoped]).toEqual([table, []]);
    }
  });

  it('of two organisations, stored in one batch in any mixture, stay apart', async () => {
    const next = random(102);
    const devices = [suite.device(), suite.device(stranger), suite.device(), suite.device(stranger)];
    const events = Array.from({ length: 200 }, (_, turn) => {
      const device = devices[Math.floor(next() * devices.length)] ?? hidden;
      const head = { organisationId: device.organisationId, deviceId: device.id, spool: device.id };
      const samples = [{ sequence: turn + 1, at: new Date().toISOString(), measured: storedForm(sampleOf(next)) }];
      return { ...head, receivedAt: new Date().toISOString(), samples };
    });
    await app.get(SampleStore).store(events);
    for (const device of devices) {
      const rows = await suite.rows<{ organisation_id: string; count: string }>(
        'SELECT organisation_id, count(*) FROM rmm_logs.samples WHERE device_id = $1 GROUP BY 1',
        [device.id],
      );
      const own = events.filter(({ deviceId }) => deviceId === device.id).length;
      expect(rows).toEqual([{ organisation_id: device.organisationId, count: String(own) }]);
    }
  });
});
