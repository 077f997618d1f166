import { DEFAULT_ORGANISATION_ID, deviceRetired } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DownloadsUnderTest, type TestDevice } from '../testing/downloads-under-test';

const OTHER = '01900000-0000-7000-8000-000000000002';
let under: DownloadsUnderTest;
beforeAll(async () => {
  under = await DownloadsUnderTest.start();
});
afterAll(() => under?.stop());

const retire = ({ id: deviceId }: TestDevice, organisationId: string) =>
  under.web.bus.publish(deviceRetired, { organisationId, deviceId, at: new Date().toISOString() });
const known = async (table: string): Promise<string[]> => {
  const rows = await under.rows<{ device_id: string }>(`SELECT device_id FROM downloads.${table}`);
  return rows.map((row) => row.device_id).sort();
};

it('a retired device is forgotten, in its own organisation and nowhere else', async () => {
  const [gone, stays, elsewhere] = await Promise.all([under.device(), under.device(), under.device(OTHER)]);
  for (const one of [gone, stays, elsewhere]) {
    await under.ask(one);
    await under.rows(
      'INSERT INTO downloads.device_channels (organisation_id, device_id, channel) VALUES ($1, $2, $3)',
      [...[one.organisationId, one.id, 'beta']],
    );
  }
  expect(await known('device_agents')).toEqual([gone.id, stays.id, elsewhere.id].sort());
  await retire(elsewhere, DEFAULT_ORGANISATION_ID);
  await retire(gone, DEFAULT_ORGANISATION_ID);
  await retire(gone, DEFAULT_ORGANISATION_ID);
  const left = [stays.id, elsewhere.id].sort();
  await eventually(async () => !(await known('device_channels')).includes(gone.id), { within: 30_000 });
  expect(await known('device_agents')).toEqual(left);
  expect(await known('device_channels')).toEqual(left);
});
