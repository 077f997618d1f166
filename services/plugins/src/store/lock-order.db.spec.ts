import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retireDevice } from '../devices/devices.store';
import { noteWaiting } from '../reports/waiting.store';
import { eventsOf } from '../testing/events-of';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';
import { InventoryStore } from './inventory-store';

const ROUNDS = 60;
/** A batch that is noted, as one device hands it in. */
const REPORTS = 12;
const BOUNDS = { reports: REPORTS, milliseconds: 20_000 };

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
});
afterAll(() => plugins?.stop());

/** SQLSTATEs of what failed, out of whatever wraps them. */
function codesOf(outcomes: ReadonlyArray<PromiseSettledResult<unknown>>): unknown[] {
  const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
  return rejected.map(({ reason }) => {
    let error: unknown = reason;
    while (error instanceof Error && error.cause !== undefined) error = error.cause;
    return error instanceof Error && 'code' in error ? error.code : error;
  });
}

function batch(organisationId: string, deviceId: string) {
  const inventory = new SimulatedInventory();
  const reports: object[] = [];
  for (let version = 1; version <= REPORTS; version += 1) {
    inventory.set('software', [debianPackage('shared', '1'), debianPackage('own', String(version))]);
    reports.push(...inventory.snapshot('software'));
  }
  const events = eventsOf(organisationId, deviceId, inventory.spool, reports);
  const numbers = events.flatMap(({ spool, inventory: own }) =>
    own.map(({ sequence }) => ({ deviceId, spool, sequence })),
  );
  return { events, numbers };
}

it('storing, noting and retiring one device at the same moment never wait for each other in a circle', async () => {
  const database = plugins.app.get(Database);
  const store = plugins.app.get(InventoryStore);
  const organisationId = uuidOf();
  const failures: unknown[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const devices = Array.from({ length: 3 }, () => uuidOf());
    const batches = devices.map((deviceId) => batch(organisationId, deviceId));
    const numbers = batches.flatMap((one) => one.numbers);
    const note = (given: typeof numbers) =>
      database.inOrganisation(organisationId, (manager) =>
        noteWaiting(manager, organisationId, given, { ...BOUNDS, reports: numbers.length }),
      );
    await note(numbers);
    const at = new Date().toISOString();
    const outcomes = await Promise.allSettled([
      store.store(organisationId, batches.flatMap((one) => one.events).toReversed()),
      note(numbers),
      ...devices.map(async (deviceId, place) => {
        // Spread over what storing takes until it has the devices: a few milliseconds.
        await pause((round + place) % 8);
        await database.inOrganisation(organisationId, (manager) => retireDevice(manager, organisationId, deviceId, at));
      }),
    ]);
    failures.push(...codesOf(outcomes));
  }
  expect(failures).toEqual([]);
  const left = await plugins.rows(
    `SELECT d.id FROM plugins.devices d WHERE organisation_id = $1
        AND (retired_at IS NULL OR EXISTS (SELECT FROM plugins.installed i WHERE i.organisation_id = $1 AND i.device_id = d.id)
             OR EXISTS (SELECT FROM plugins.sections s WHERE s.organisation_id = $1 AND s.device_id = d.id))`,
    [organisationId],
  );
  expect(left).toEqual([]);
  const counted = await plugins.rows(
    'SELECT FROM plugins.titles WHERE organisation_id = $1 AND (installations, devices) <> (0, 0)',
    [organisationId],
  );
  expect(counted).toEqual([]);
}, 180_000);
