import { Database } from '@muster/database';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { SimulatedInventory } from '../testing/simulated-inventory';
import { forgetWaiting, hasWaiting, noteWaiting } from './waiting.store';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start({ PENDING_LOCK_MS: '50' });
});
afterAll(() => plugins?.stop());

it('notes the newest reports of a backlog, and no more than so many', async () => {
  const [organisationId, deviceId, spool] = [uuidOf(), uuidOf(), uuidOf()];
  const database = plugins.app.get(Database);
  const backlog = Array.from({ length: 500 }, (_, place) => ({ deviceId, spool, sequence: place + 1 }));
  const waits = () =>
    database.inOrganisation(organisationId, (manager) => hasWaiting(manager, organisationId, deviceId, 60));
  const arrived = (reports: typeof backlog) =>
    database.inOrganisation(organisationId, (manager) => forgetWaiting(manager, organisationId, reports));
  await database.inOrganisation(organisationId, (manager) =>
    noteWaiting(manager, organisationId, backlog, { reports: 3, milliseconds: 1000 }),
  );
  const noted = await plugins.rows<{ sequence: string }>(
    'SELECT sequence FROM plugins.waiting WHERE device_id = $1 ORDER BY sequence',
    [deviceId],
  );
  expect(noted.map(({ sequence }) => Number(sequence))).toEqual([498, 499, 500]);
  await arrived(backlog.slice(0, 499));
  expect(await waits()).toBe(true);
  await arrived(backlog.slice(499));
  expect(await waits()).toBe(false);
});

it('takes a report while who stores the same one is not done', { timeout: 20_000 }, async () => {
  const device = plugins.device();
  const inventory = new SimulatedInventory();
  inventory.set('users', [{ key: 'ada', name: 'ada' }]);
  const storing = new Client({ connectionString: plugins.database.adminUrl });
  await storing.connect();
  try {
    const key = [device.organisationId, device.id, inventory.spool];
    await storing.query('INSERT INTO plugins.waiting VALUES ($1, $2, $3, 1, now())', key);
    await storing.query('BEGIN');
    await storing.query(
      'DELETE FROM plugins.waiting WHERE organisation_id = $1 AND device_id = $2 AND spool = $3 AND sequence = 1',
      key,
    );
    const reply = await plugins.report(device, inventory.snapshot('users'), { spool: inventory.spool });
    expect(reply).toMatchObject({ status: 202, body: { taken: 1, refused: [] } });
    await storing.query('COMMIT');
  } finally {
    await storing.end();
  }
  await expect
    .poll(async () => (await plugins.digests(device)).sections[0]?.digest, { timeout: 15_000 })
    .toBe(inventory.digest('users'));
});
