import { EMPTY_SECTION_DIGEST } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Web } from '../testing/neighbours';
import { PluginsUnderTest, type TestDevice } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
});
afterAll(() => plugins?.stop());

const digestOf = async (device: TestDevice, section: string): Promise<string | undefined> =>
  (await plugins.digests(device)).sections.find((one) => one.section === section)?.digest;

async function hand(device: TestDevice, inventory: SimulatedInventory, reports: object[]): Promise<void> {
  const reply = await plugins.report(device, reports, { spool: inventory.spool });
  expect(reply).toMatchObject({ status: 202, body: { taken: reports.length, refused: [] } });
  await plugins.settled(device);
}
interface Changes {
  changes: Array<{ change: string; title: string; section: string; fields: object[]; deviceName: string }>;
}
const changesOf = async ({ id, organisationId }: TestDevice): Promise<Changes['changes']> =>
  (await plugins.get<Changes>(organisationId, `/plugins/changes?deviceId=${id}`)).body.changes;

describe('inventory of a device', () => {
  it('is stored from a snapshot and kept up by differences, with history', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('software', [debianPackage('openssl', '3.0.11-1'), debianPackage('curl', '7.88.1-10')]);
    inventory.set('services', [
      { key: 'ssh', name: 'ssh', state: 'running', startMode: 'enabled' },
      { key: 'cron', name: 'cron', state: 'running', startMode: 'enabled' },
    ]);
    await hand(device, inventory, [...inventory.snapshot('software'), ...inventory.snapshot('services')]);
    expect(await digestOf(device, 'software')).toBe(inventory.digest('software'));
    expect(await digestOf(device, 'services')).toBe(inventory.digest('services'));
    expect(await changesOf(device)).toEqual([]);

    inventory.put('software', debianPackage('openssl', '3.0.15-1'), debianPackage('nginx', '1.22.1-9'));
    inventory.remove('software', 'dpkg:curl:amd64');
    inventory.put('services', { key: 'ssh', name: 'ssh', state: 'stopped', startMode: 'enabled' });
    inventory.put('services', { key: 'cron', name: 'cron', state: 'stopped', startMode: 'disabled' });
    await hand(device, inventory, [...inventory.difference('software'), ...inventory.difference('services')]);
    expect(await digestOf(device, 'software')).toBe(inventory.digest('software'));
    expect(await digestOf(device, 'services')).toBe(inventory.digest('services'));
    const changes = await changesOf(device);
    expect(changes.map(({ change, title, fields }) => [change, title, fields])).toEqual(
      expect.arrayContaining([
        ['changed', 'openssl 3.0.15-1', [{ field: 'version', before: '3.0.11-1', after: '3.0.15-1' }]],
        ['appeared', 'nginx 1.22.1-9', []],
        ['went', 'curl 7.88.1-10', []],
        ['changed', 'cron', [{ field: 'startMode', before: 'enabled', after: 'disabled' }]],
      ]),
    );
    expect(changes).toHaveLength(4);
    const { body } = await plugins.get<{ software: object[]; total: number }>(
      device.organisationId,
      `/plugins/devices/${device.id}/software`,
    );
    expect(body).toMatchObject({ total: 2, software: [{ name: 'nginx' }, { name: 'openssl', version: '3.0.15-1' }] });
  });

  it('is asked for again when a difference does not fit, and is whole after a snapshot', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('software', [debianPackage('a', '1')]);
    await hand(device, inventory, inventory.snapshot('software'));
    inventory.put('software', debianPackage('b', '1'));
    inventory.difference('software'); // lost
    inventory.put('software', debianPackage('c', '1'));
    await hand(device, inventory, inventory.difference('software'));
    expect(await digestOf(device, 'software')).toBeUndefined();
    await hand(device, inventory, inventory.snapshot('software'));
    expect(await digestOf(device, 'software')).toBe(inventory.digest('software'));
    expect((await changesOf(device)).map(({ title }) => title).toSorted()).toEqual(['b 1', 'c 1']);
  });

  it('takes a snapshot in parts, in any order, and removes what none names', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('software', [debianPackage('old', '1'), debianPackage('p1', '1')]);
    inventory.set('users', [{ key: 'old', name: 'old' }]);
    await hand(device, inventory, [...inventory.snapshot('software'), ...inventory.snapshot('users')]);
    inventory.set(
      'software',
      Array.from({ length: 10 }, (_, place) => debianPackage(`p${place}`, '1')),
    );
    inventory.set('users', [
      { key: 'ada', name: 'ada' },
      { key: 'bob', name: 'bob' },
    ]);
    const software = inventory.snapshot('software', 4).toReversed();
    const users = inventory.snapshot('users', 1).toReversed();
    await hand(device, inventory, [...software.slice(0, 2), ...users.slice(0, 1)]);
    expect(await digestOf(device, 'software')).toBeUndefined();
    expect(await digestOf(device, 'users')).toBeUndefined();
    await hand(device, inventory, [...software.slice(2), ...users.slice(1)]);
    expect(await digestOf(device, 'software')).toBe(inventory.digest('software'));
    expect(await digestOf(device, 'users')).toBe(inventory.digest('users'));
    const { body } = await plugins.get<{ total: number }>(
      device.organisationId,
      `/plugins/devices/${device.id}/software`,
    );
    expect(body.total).toBe(10);
    expect(await plugins.rows('SELECT FROM plugins.parts WHERE device_id = $1', [device.id])).toEqual([]);
  });

  it('may be empty', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    await hand(device, inventory, [...inventory.snapshot('printers'), ...inventory.snapshot('software')]);
    expect(await digestOf(device, 'printers')).toBe(EMPTY_SECTION_DIGEST);
    expect(await digestOf(device, 'software')).toBe(EMPTY_SECTION_DIGEST);
  });

  it('tells web what groups use, once', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('system', [{ key: 'system', manufacturer: 'Example', model: 'Tower 9', serialNumber: 'S1' }]);
    inventory.set('encryption', [{ key: '/', volume: '/', state: 'on', system: true }]);
    inventory.set('software', [debianPackage('a', '1')]);
    const reports = (['system', 'encryption', 'software'] as const).flatMap((name) => inventory.snapshot(name));
    await hand(device, inventory, reports);
    const facts = () => plugins.web.get(Web).facts.filter(({ deviceId }) => deviceId === device.id);
    await eventually(() => facts().at(-1)?.softwareCount === 1);
    expect(facts().at(-1)).toMatchObject({
      organisationId: device.organisationId,
      ...{ manufacturer: 'Example', model: 'Tower 9', serialNumber: 'S1', encryption: 'on', antivirus: 'unknown' },
    });
    const before = facts().length;
    await hand(device, inventory, inventory.snapshot('system'));
    inventory.put('system', { key: 'system', manufacturer: 'Example', model: 'Tower 10', serialNumber: 'S1' });
    await hand(device, inventory, inventory.difference('system'));
    await eventually(() => facts().at(-1)?.model === 'Tower 10');
    expect(facts()).toHaveLength(before + 1);
  });
});
