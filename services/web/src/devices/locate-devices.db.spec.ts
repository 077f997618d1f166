import { type ServiceDouble, startDouble } from '@muster/testing';
import { locateDevices } from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let fleet: Fleet;
let plugins: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  await web.startWeb('manager');
  await web.startWeb('worker');
  fleet = new Fleet(web);
  plugins = await startDouble('plugins', web.nats);
});
afterAll(async () => {
  await plugins?.stop();
  await web?.stop();
});

it('tells where devices belong, whichever process is asked, and nothing about retired and unknown ones', async () => {
  const other = await fleet.organisation();
  const [here, there, retired] = [await fleet.deviceRow(), await fleet.deviceRow(other), await fleet.deviceRow()];
  await web.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [retired]);
  const [own] = await web.rows<{ organisation_id: string }>('SELECT organisation_id FROM core.devices WHERE id = $1', [
    here,
  ]);
  for (let times = 0; times < 10; times += 1) {
    const deviceIds = [here.toUpperCase(), there, retired, newId()];
    const { homes } = await plugins.bus.request(locateDevices, { deviceIds });
    expect(new Map(homes.map((home) => [home.deviceId, home.organisationId]))).toEqual(
      new Map([
        [here, own?.organisation_id],
        [there, other],
      ]),
    );
  }
});
