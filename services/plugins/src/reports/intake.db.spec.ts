import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Web } from '../testing/neighbours';
import { PluginsUnderTest, type TestDevice } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
});
afterAll(() => plugins?.stop());

const digests = async (device: TestDevice) => (await plugins.digests(device)).sections;

describe('what is refused, one by one', () => {
  const software = (fields: object) => ({ ...debianPackage('a', '1'), digest: '0123456789abcdef', ...fields });
  const cases: Array<[string, object, string, RegExp]> = [
    [
      'a wrong item',
      { items: [software({}), software({ key: 'b', source: 'floppy' })] },
      'malformed',
      /items\[1\]\.source/,
    ],
    ['an item without name', { items: [software({ name: undefined })] }, 'malformed', /items\[0\]\.name/],
    ['an item that is none', { items: [null] }, 'malformed', /items/],
    ['a key twice', { items: [software({}), software({})] }, 'malformed', /items\[1\]\.key/],
    [
      'a key that is there and gone',
      { base: 'a'.repeat(64), snapshot: undefined, items: [software({})], gone: ['dpkg:a:amd64'] },
      'malformed',
      /gone\[0\]/,
    ],
    ['neither base nor snapshot', { snapshot: undefined }, 'malformed', /base/],
    ['both base and snapshot', { base: 'a'.repeat(64) }, 'malformed', /base/],
    ['a part after the last', { part: 3, parts: 2 }, 'malformed', /part/],
    ['something gone in a snapshot', { gone: ['x'] }, 'malformed', /gone/],
    ['a NUL', { items: [software({ name: 'a\0b' })] }, 'malformed', /items\[0\]\.name.*control/],
    ['a lone surrogate', { items: [software({ name: 'a\ud800' })] }, 'malformed', /items\[0\]\.name/],
    ['a name of 1 MB', { items: [software({ name: 'x'.repeat(1_000_000) })] }, 'too-large', /bytes/],
    ['a name of 10 KB', { items: [software({ name: 'x'.repeat(10_000) })] }, 'malformed', /items\[0\]\.name/],
    ['an unknown section', { section: 'souls' }, 'malformed', /section/],
    ['an unknown kind', { kind: 'opinion' }, 'unknown-kind', /inventory/],
    ['a digest that is none', { digest: 'green' }, 'malformed', /digest/],
    ['another device', { deviceId: '01900000-0000-7000-8000-000000000001' }, 'another-device', /device/],
    ['what is too deep', { items: [software({ name: [[[[[[[[[[[[[]]]]]]]]]]]]] })] }, 'too-deep', /level/],
    ['what is too old', { takenAt: new Date(Date.now() - 31 * 86_400_000).toISOString() }, 'too-old', /days/],
  ];

  it.each(cases)('%s', async (_, fields, code, problem) => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('users', [{ key: 'ada', name: 'ada' }]);
    const [good = {}] = inventory.snapshot('users');
    const [bad = {}] = inventory.snapshot('software');
    const reply = await plugins.report(device, [{ ...bad, ...fields }, good], { spool: inventory.spool });
    expect(reply.status).toBe(202);
    expect(reply.body.taken).toBe(1);
    expect(reply.body.refused).toEqual([
      expect.objectContaining({ index: 0, code, problem: expect.stringMatching(problem) }),
    ]);
    await plugins.settled(device);
    expect((await digests(device)).map(({ section }) => section)).toEqual(['users']);
  });

  it('a body that is no UTF-8, no JSON, or no batch', async () => {
    const device = plugins.device();
    expect((await plugins.report(device, [], {})).status).toBe(400);
    const reply = await plugins.report(device, ['text' as unknown as object]);
    expect(reply.status === 400 || reply.body.refused.length === 1).toBe(true);
  });

  it('somebody who is no device of ours', async () => {
    const device = plugins.device();
    plugins.web.get(Web).homes.delete(device.id);
    expect((await plugins.report(device, new SimulatedInventory().snapshot('users'))).status).toBe(403);
  });
});

describe('what is odd, but taken', () => {
  it('keeps markup and odd characters as text, drops fields that nobody declared', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    const name = '<script>alert(1)</script> "\'; DROP TABLE x; -- \u202e 😀 \ufffd \\u0000 %s {0}';
    inventory.set('software', [debianPackage(name, '1', { evil: 'yes', __proto__: { x: 1 } })]);
    inventory.set('users', [{ key: name, name, evil: 'yes' }]);
    const reports = [...inventory.snapshot('software'), ...inventory.snapshot('users')];
    await plugins.report(device, reports, { spool: inventory.spool, gzip: true });
    await plugins.settled(device);
    const { organisationId, id } = device;
    const software = await plugins.get<{ software: object[] }>(organisationId, `/plugins/devices/${id}/software`);
    expect(software.body.software).toMatchObject([{ name }]);
    const all = await plugins.get<{ sections: Array<{ section: string; items: object[] }> }>(
      organisationId,
      `/plugins/devices/${id}/inventory`,
    );
    expect(all.body.sections.find(({ section }) => section === 'users')?.items).toEqual([{ key: name, name }]);
    const found = await plugins.get<{ total: number }>(
      organisationId,
      `/plugins/software/devices?name=${encodeURIComponent(name.toUpperCase())}`,
    );
    expect(found.body.total).toBe(1);
  });

  it('stores 50,000 packages, and 10,000 services', { timeout: 120_000 }, async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set(
      'software',
      Array.from({ length: 50_000 }, (_, place) => debianPackage(`package-${place}`, `1.${place}`)),
    );
    inventory.set(
      'services',
      Array.from({ length: 10_000 }, (_, place) => ({ key: `s${place}`, name: `service ${place}`, state: 'running' })),
    );
    const reports = [...inventory.snapshot('software'), ...inventory.snapshot('services')];
    for (let from = 0; from < reports.length; from += 8) {
      const reply = await plugins.report(device, reports.slice(from, from + 8), { spool: inventory.spool, gzip: true });
      expect(reply.body.refused).toEqual([]);
    }
    await plugins.settled(device);
    for (const { section, digest } of await digests(device)) {
      expect(digest, section).toBe(inventory.digest(section as 'software' | 'services'));
    }
    const page = await plugins.get<{ total: number; software: object[] }>(
      device.organisationId,
      `/plugins/devices/${device.id}/software?page=250&size=200`,
    );
    expect(page.body.total).toBe(50_000);
    expect(page.body.software).toHaveLength(200);
    const view = await plugins.get<{ sections: Array<{ count: number; items: object[] }> }>(
      device.organisationId,
      `/plugins/devices/${device.id}/inventory`,
    );
    expect(view.body.sections.map(({ count, items }) => [count, items.length])).toEqual([
      [10_000, 5000],
      [50_000, 0],
    ]);
  });

  it('stores what is sent twice once, and says whether something waits', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('software', [debianPackage('a', '1')]);
    const reports = inventory.snapshot('software');
    await plugins.report(device, reports, { spool: inventory.spool });
    expect(await plugins.digests(device)).toMatchObject({ collectSeconds: 14_400 });
    await plugins.settled(device);
    inventory.put('software', debianPackage('b', '1'));
    await plugins.report(device, inventory.difference('software'), { spool: inventory.spool });
    await plugins.settled(device);
    // Weeks later, out of a backup: the first report again.
    await plugins.report(device, reports, { spool: inventory.spool });
    await plugins.settled(device);
    expect(await digests(device)).toMatchObject([{ section: 'software', digest: inventory.digest('software') }]);
  });
});

describe('while something is away', () => {
  it('NATS: nothing is taken, and afterwards everything', async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('users', [{ key: 'ada', name: 'ada' }]);
    const reports = inventory.snapshot('users');
    await plugins.digests(device);
    await plugins.nats.crash();
    await pause(200);
    const away = await plugins.report(device, reports, { spool: inventory.spool });
    expect(away.status).toBe(503);
    await plugins.nats.start();
    await expect
      .poll(async () => (await plugins.report(device, reports, { spool: inventory.spool })).status, { timeout: 30_000 })
      .toBe(202);
    await plugins.settled(device);
    expect(await digests(device)).toMatchObject([{ section: 'users', digest: inventory.digest('users') }]);
  });

  it('PostgreSQL: reports are taken, and stored when it is back', { timeout: 90_000 }, async () => {
    const device = plugins.device();
    const inventory = new SimulatedInventory();
    inventory.set('users', [{ key: 'ada', name: 'ada' }]);
    await plugins.digests(device);
    plugins.admin.on('error', () => undefined);
    await plugins.postgres.crash();
    const reply = await plugins.report(device, inventory.snapshot('users'), { spool: inventory.spool });
    expect(reply).toMatchObject({ status: 202, body: { taken: 1 } });
    await plugins.postgres.start();
    await expect
      .poll(async () => (await plugins.digests(device)).sections?.[0]?.digest, { timeout: 60_000 })
      .toBe(inventory.digest('users'));
  });
});
