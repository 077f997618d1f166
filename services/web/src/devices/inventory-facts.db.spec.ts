import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  DEFAULT_ORGANISATION_ID,
  type DeviceDetail,
  type DevicePage,
  type InventoryFacts,
  inventoryFactsChanged,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let plugins: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('manager');
  fleet = new Fleet(web);
  plugins = await startDouble('plugins', web.nats);
});
afterAll(async () => {
  await plugins?.stop();
  await web?.stop();
});

const AT = Date.parse('2026-11-20T12:00:00.000Z');
const tell = (deviceId: string, seconds: number, facts: Partial<InventoryFacts> = {}) =>
  plugins.bus.publish(inventoryFactsChanged, {
    organisationId: DEFAULT_ORGANISATION_ID,
    deviceId,
    at: new Date(AT + seconds * 1000).toISOString(),
    encryption: 'unknown',
    antivirus: 'unknown',
    softwareCount: 0,
    ...facts,
  });
const read = async (deviceId: string) =>
  (await ask(app, 'GET', `/api/devices/${deviceId}`, { as: 'reader' })).body as unknown as DeviceDetail;
const list = async (query: string, as = 'reader') =>
  (await ask(app, 'GET', `/api/devices?${query}`, { as })).body as unknown as DevicePage;
/** What was told before has been taken once this has. */
async function settled(): Promise<void> {
  const marker = await fleet.deviceRow();
  await tell(marker, 0);
  await eventually(async () => (await read(marker)).inventory);
}

it('shows the newest facts of a device, in whatever order they come', async () => {
  const device = await fleet.deviceRow();
  expect((await read(device)).inventory).toBeUndefined();
  const newest = { manufacturer: 'Dell Inc.', model: 'OptiPlex 7090', encryption: 'on' as const, softwareCount: 1834 };
  await tell(device, 10, { ...newest, lastUser: 'ann' });
  await tell(device, 5, { manufacturer: 'Old', lastUser: 'bob' });
  await tell(device, 10, { ...newest, lastUser: 'ann' });
  await settled();
  expect((await read(device)).inventory).toEqual({
    ...newest,
    at: new Date(AT + 10_000).toISOString(),
    antivirus: 'unknown',
    lastUser: 'ann',
  });
  await tell(device, 20, { antivirus: 'partly' });
  await settled();
  const later = await read(device);
  expect(later.inventory).toEqual({
    at: new Date(AT + 20_000).toISOString(),
    encryption: 'unknown',
    antivirus: 'partly',
    softwareCount: 0,
  });
});

it('filters by encryption, antivirus, manufacturer and model, each in its organisation only', async () => {
  const [laptop, desktop, none] = [await fleet.deviceRow(), await fleet.deviceRow(), await fleet.deviceRow()];
  await tell(laptop, 1, { manufacturer: 'LENOVO', model: 'T14', encryption: 'on', antivirus: 'off' });
  await tell(desktop, 1, { manufacturer: 'Lenovo', model: 'M70q', encryption: 'off', antivirus: 'off' });
  await settled();
  const found = async (query: string, as?: string) => {
    const page = await list(query, as);
    expect(page.total).toBe(page.devices.length);
    return page.devices.map(({ id }) => id).sort();
  };
  expect(await found('manufacturer=lenovo')).toEqual([laptop, desktop].sort());
  expect(await found('manufacturer=Lenovo&model=m70Q')).toEqual([desktop]);
  expect(await found('antivirus=off&encryption=on')).toEqual([laptop]);
  expect(await found('antivirus=off&search=machine')).toEqual([laptop, desktop].sort());
  expect(await found('model=nothing')).toEqual([]);
  expect((await found('antivirus=unknown')).includes(none)).toBe(false);
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: await fleet.organisation() });
  expect(await found('manufacturer=lenovo', 'stranger')).toEqual([]);
});

it('forgets a device with its retirement, and does not take facts that come late', async () => {
  const [device, unknown] = [await fleet.deviceRow(), newId()];
  await tell(device, 1, { encryption: 'on' });
  await settled();
  await ask(app, 'DELETE', `/api/devices/${device}`, { as: 'owner' });
  await tell(device, 2, { encryption: 'off' });
  await tell(unknown, 2, { encryption: 'off' });
  await settled();
  expect(await web.rows('SELECT FROM core.device_inventory WHERE device_id = ANY($1)', [[device, unknown]])).toEqual(
    [],
  );
});
