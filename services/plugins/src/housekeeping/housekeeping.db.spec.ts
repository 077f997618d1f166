import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { eventually } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PluginsConfig } from '../config';
import { InventoryConsumer } from '../store/inventory.consumer';
import { eventsOf } from '../testing/events-of';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';
import { Housekeeping } from './housekeeping';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
  plugins.admin.on('error', () => undefined);
});
afterAll(() => plugins?.stop());

async function asAdmin<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
  const client = new Client({ connectionString: plugins.database.adminUrl });
  await client.connect();
  try {
    return (await client.query<T>(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}
const months = async (): Promise<string[]> =>
  (
    await asAdmin<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'plugins.changes'::regclass`,
    )
  ).map(({ name }) => name);
async function dropMonths(): Promise<void> {
  await asAdmin(`DROP TABLE ${(await months()).join(', ')}`);
  expect(await months()).toEqual([]);
}
const housekeeping = (): Housekeeping =>
  new Housekeeping(plugins.app.get(Database), plugins.app.get(PluginsConfig), plugins.app.get(Log));

it('starts without a database, and makes the months in a later round', { timeout: 60_000 }, async () => {
  await dropMonths();
  const one = housekeeping();
  await plugins.postgres.crash();
  await one.onModuleInit();
  await one.whenDue();
  await plugins.postgres.start();
  await eventually(async () => {
    await one.whenDue();
    return (await months()).length > 0;
  });
  // A round that succeeded is not followed by another at once.
  await eventually(async () => {
    await dropMonths();
    await one.whenDue();
    return (await months()).length === 0;
  });
  await one.onApplicationShutdown();
});

it('starts no service whose months cannot be made for another reason', async () => {
  const config = Object.assign(new PluginsConfig(), { HISTORY_DAYS: 1 });
  const wrong = new Housekeeping(plugins.app.get(Database), config, plugins.app.get(Log));
  await expect(wrong.onModuleInit()).rejects.toThrow(/./);
});

it('makes room for what is stored before the next round', async () => {
  const [organisationId, deviceId] = [uuidOf(), uuidOf()];
  const inventory = new SimulatedInventory();
  inventory.set('software', [debianPackage('a', '1')]);
  const reports = inventory.snapshot('software');
  inventory.put('software', debianPackage('b', '1'));
  reports.push(...inventory.difference('software'));
  await housekeeping().keepMonths();
  await dropMonths();
  await plugins.app.get(InventoryConsumer).store(eventsOf(organisationId, deviceId, inventory.spool, reports));
  const lines = await asAdmin('SELECT change, title FROM plugins.changes WHERE organisation_id = $1', [organisationId]);
  expect(lines).toEqual([{ change: 'appeared', title: 'b 1' }]);
});

it('forgets spools that nothing new came of for long', async () => {
  const [device, old, young] = [uuidOf('idle device'), uuidOf('old spool'), uuidOf('young spool')];
  await asAdmin(
    `INSERT INTO plugins.receipts (organisation_id, device_id, spool, touched_at)
     VALUES ($1, $1, $2, now() - interval '401 days'), ($1, $1, $3, now() - interval '399 days')`,
    [device, old, young],
  );
  await housekeeping().round();
  expect(await asAdmin('SELECT spool FROM plugins.receipts WHERE device_id = $1', [device])).toEqual([
    { spool: young },
  ]);
});
