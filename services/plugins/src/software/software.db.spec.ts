import { deviceDescribed, deviceRetired } from '@muster/contracts';
import { eventually, OutboxRecord } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillFleet } from '../testing/fleet';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest, type TestDevice } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';
import { tidyCatalogue } from '../housekeeping/tidying';
import { Database } from '@muster/database';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
});
afterAll(() => plugins?.stop());

interface Found {
  installations: Array<{ deviceId: string; deviceName: string; version: string; architecture?: string }>;
  total: number;
}
interface Products {
  products: Array<{ name: string; installations: number; versions: number }>;
  total: number;
}
const home = uuidOf();
const search = (query: string, organisation = home) =>
  plugins.get<Found>(organisation, `/plugins/software/devices?${query}`);

/** A device with a name and software. */
async function deviceWith(name: string, versions: Record<string, string>, organisation = home): Promise<TestDevice> {
  const device = plugins.device(organisation);
  const inventory = new SimulatedInventory();
  inventory.set(
    'software',
    Object.entries(versions).map(([product, version]) => debianPackage(product, version)),
  );
  await plugins.report(device, inventory.snapshot('software'), { spool: inventory.spool });
  await plugins.web.bus.publish(deviceDescribed, {
    ...{ organisationId: organisation, deviceId: device.id, at: new Date().toISOString(), name },
    ...{ platform: 'linux', osName: 'Debian 12', retired: false },
  });
  await plugins.settled(device);
  await eventually(
    async () =>
      (await plugins.rows('SELECT FROM plugins.devices WHERE id = $1 AND name = $2', [device.id, name])).length === 1,
  );
  return device;
}

describe('software across the fleet', () => {
  let charlie: TestDevice;
  const away = uuidOf();

  beforeAll(async () => {
    await deviceWith('bravo', { openssl: '3.0.9-1', curl: '7.88.1-10' });
    await deviceWith('Alpha', { openssl: '3.0.11-1~deb12u2', bash: '5.2.15-2' });
    charlie = await deviceWith('charlie', { openssl: '3.0.12-1', curl: '7.88.1-10' });
    await deviceWith('delta', { openssl: '3.0.12~rc1-1' });
    await deviceWith('stranger', { openssl: '1.0.1-1', 'only-there': '1' }, away);
  });

  it('says which devices have a version below another, by name', async () => {
    const { body } = await search('name=OpenSSL&comparison=below&version=3.0.12');
    expect(body.installations.map(({ deviceName, version }) => `${deviceName} ${version}`)).toEqual([
      ...['Alpha 3.0.11-1~deb12u2', 'bravo 3.0.9-1', 'delta 3.0.12~rc1-1'],
    ]);
    expect(body.total).toBe(3);
  });

  it.each([
    ['name=openssl', 'Alpha bravo charlie delta', 4],
    ['name=openssl&direction=descending', 'delta charlie bravo Alpha', 4],
    ['name=openssl&comparison=exactly&version=3.0.12-1', 'charlie', 1],
    ['name=openssl&comparison=at-least&version=3.0.12-1', 'charlie', 1],
    ['name=openssl&comparison=at-most&version=3.0.9-1', 'bravo', 1],
    ['name=openssl&comparison=above&version=3.0.9-1', 'Alpha charlie delta', 3],
    ['name=openssl&size=2&page=2', 'charlie delta', 4],
    ['name=openssl&search=LPH', 'Alpha', 1],
    ['name=openssl&source=rpm', '', 0],
    ['name=nothing', '', 0],
    ['name=only-there', '', 0],
    ['name=open%25', '', 0],
  ])('answers %s', async (query, names, total) => {
    const { body } = await search(query);
    expect(body.installations.map(({ deviceName }) => deviceName).join(' ')).toBe(names);
    expect(body.total).toBe(total);
  });

  it('wants a version with a comparison, and known fields', async () => {
    expect((await search('name=openssl&comparison=below')).status).toBe(400);
    expect((await search('name=openssl&colour=red')).status).toBe(400);
    expect((await search('')).status).toBe(400);
  });

  it('lists products and versions, newest first', async () => {
    const { body } = await plugins.get<Products>(home, '/plugins/software?sort=installations&direction=descending');
    expect(body).toMatchObject({
      total: 3,
      products: [
        { name: 'openssl', installations: 4, versions: 4 },
        { name: 'curl', installations: 2, versions: 1 },
        { name: 'bash', installations: 1, versions: 1 },
      ],
    });
    const versions = await plugins.get<{ versions: object[] }>(
      home,
      '/plugins/software/versions?source=dpkg&name=openssl',
    );
    expect(versions.body.versions).toEqual(
      ['3.0.12-1', '3.0.12~rc1-1', '3.0.11-1~deb12u2', '3.0.9-1'].map((version) => ({ version, devices: 1 })),
    );
    expect((await plugins.get<Products>(home, '/plugins/software?search=URL')).body).toMatchObject({
      total: 1,
      products: [{ name: 'curl' }],
    });
    expect((await plugins.get<Products>(home, '/plugins/software?search=_')).body.total).toBe(0);
  });

  it('keeps organisations apart, and people without the right out', async () => {
    for (const path of [
      `/plugins/devices/${charlie.id}/software`,
      `/plugins/devices/${charlie.id}/inventory`,
      `/plugins/changes?deviceId=${charlie.id}`,
    ]) {
      const { status, text } = await plugins.get(away, path);
      expect(status, path).toBe(200);
      expect(text, path).not.toContain('openssl');
      expect((await plugins.get(home, path, 'devices.read')).status, path).toBe(403);
    }
    expect((await search('name=openssl', away)).body.installations.map(({ deviceName }) => deviceName)).toEqual([
      'stranger',
    ]);
    expect((await plugins.get(home, '/plugins/software/versions?source=dpkg&name=only-there')).status).toBe(404);
    const app = await plugins.app
      .get(Database)
      .inOrganisation(away, (manager) => manager.query('SELECT DISTINCT organisation_id FROM plugins.installed'));
    expect(app).toEqual([{ organisation_id: away }]);
  });

  it('gives whole lists as files, each of which is a fact', async () => {
    const outbox = await OutboxRecord.of(plugins.database.adminUrl, 'plugins');
    const csv = await plugins.get(home, '/plugins/software/devices?name=openssl&format=csv');
    expect(csv.status).toBe(200);
    expect(csv.text.trim().split('\n')).toHaveLength(5);
    const paths = ['/plugins/software', `/plugins/devices/${charlie.id}/software`, '/plugins/changes'];
    for (const path of paths) {
      const json = await plugins.get(home, `${path}?format=json`);
      expect([path, json.status]).toEqual([path, 200]);
      expect(Array.isArray(JSON.parse(json.text)), path).toBe(true);
    }
    const told = (await outbox.news()).filter(({ subject }) => subject === 'list.exported.v1');
    await outbox.close();
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { organisationId: home, path: '/plugins/software/devices', format: 'csv', filters: 'name=openssl' },
      ...paths.map((path) => ({ organisationId: home, path, format: 'json', filters: '' })),
    ]);
  });

  it('forgets a retired device, but not its history, and takes no more of it', async () => {
    const device = await deviceWith('old', { openssl: '2.0', special: '1' });
    const inventory = new SimulatedInventory();
    inventory.set('software', [debianPackage('openssl', '2.1'), debianPackage('special', '1')]);
    await plugins.report(device, inventory.snapshot('software'), { spool: inventory.spool });
    await plugins.settled(device);
    const retirement = { organisationId: home, deviceId: device.id, at: new Date().toISOString() };
    await plugins.web.bus.publish(deviceRetired, retirement);
    await plugins.web.bus.publish(deviceRetired, retirement);
    await eventually(async () => (await search('name=special')).body.total === 0);
    expect((await search('name=openssl')).body.total).toBe(4);
    expect((await plugins.get<Products>(home, '/plugins/software?search=special')).body.total).toBe(0);
    const changes = await plugins.get<{ changes: object[] }>(home, `/plugins/changes?deviceId=${device.id}`);
    expect(changes.body.changes).toMatchObject([{ deviceName: 'old', change: 'changed', title: 'openssl 2.1' }]);
    await plugins.report(device, inventory.snapshot('software'), { spool: inventory.spool });
    await plugins.settled(device);
    expect((await search('name=openssl')).body.total).toBe(4);
    await tidyCatalogue(plugins.app.get(Database));
    expect(await plugins.rows(`SELECT FROM plugins.products WHERE name = 'special'`)).toEqual([]);
    expect((await search('name=openssl')).body.total).toBe(4);
  });
});

describe('a fleet of 2,000 devices with 600,000 programs', () => {
  const organisation = uuidOf('fleet');
  let device = '';
  beforeAll(async () => {
    const size = { devices: 2000, software: 300, products: 5000, versions: 8, changes: 20_000 };
    await fillFleet(plugins.admin, { organisationId: organisation, ...size });
    const [row] = await plugins.rows<{ id: string }>(
      `SELECT id FROM plugins.devices WHERE organisation_id = $1 AND name = 'device-000350'`,
      [organisation],
    );
    device = row?.id ?? '';
  }, 240_000);

  /** Every installation of the first product, past the service. */
  const brute = (condition: string) =>
    plugins.rows<{ deviceName: string; version: string }>(
      `SELECT d.name AS "deviceName", t.version FROM plugins.installed i
         JOIN plugins.titles t ON t.id = i.title_id JOIN plugins.products p ON p.id = t.product_id
         JOIN plugins.devices d ON d.id = i.device_id
        WHERE i.organisation_id = $1 AND p.name = 'openssl' AND ${condition} ORDER BY d.name`,
      [organisation],
    );

  it.each([
    ['', 'true'],
    ['&comparison=below&version=3.0.3', `t.version IN ('3.0.0-1', '3.0.1-1', '3.0.2-1')`],
    ['&comparison=exactly&version=3.0.7-1', `t.version = '3.0.7-1'`],
  ])('gives the same whichever way it is read: openssl%s', async (query, condition) => {
    const all = await brute(condition);
    expect(all.length).toBeGreaterThan(200);
    for (const page of [1, 3, 9]) {
      const { body } = await search(`name=openssl${query}&size=20&page=${page}`, organisation);
      expect(body.total).toBe(all.length);
      const rows = body.installations.map(({ deviceName, version }) => ({ deviceName, version }));
      expect(rows).toEqual(all.slice((page - 1) * 20, page * 20));
    }
  });

  it.each([
    ['/plugins/software/devices?name=openssl', 'installations', 'deviceName'],
    ['/plugins/software/devices?name=openssl&search=device-0&direction=descending', 'installations', 'deviceName'],
    ['/plugins/software?search=package-00', 'products', 'name'],
    ['/plugins/software?search=package-001&direction=descending', 'products', 'name'],
    ['/plugins/software?search=package-00&sort=installations&direction=descending', 'products', 'name'],
    ['/plugins/devices/DEVICE/software?search=package', 'software', 'name'],
    ['/plugins/devices/DEVICE/software?sort=since&direction=descending', 'software', 'name'],
  ])('goes on behind a row, each once, while others come and go: %s', async (path, list, name) => {
    const size = list === 'software' ? 40 : 200;
    const read = async (query: string) => {
      const { status, body } = await plugins.get<Record<string, Array<Record<string, string>>> & { next?: string }>(
        organisation,
        `${path.replace('DEVICE', device)}&size=${size}${query}`,
      );
      expect(status).toBe(200);
      return { names: (body[list] ?? []).map((row) => row[name] ?? ''), next: body.next };
    };
    const all: string[] = [];
    for (let page = 1; all.length === (page - 1) * size; page += 1) {
      all.push(...(await read(`&page=${page}`)).names);
    }
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { names, next } = await read(after);
      seen.push(...names);
      // Some of what was read goes: by number, the next page would begin too late.
      await takeAway(list, names.slice(1, 3));
      if (next === undefined) break;
      after = `&after=${encodeURIComponent(next)}`;
    }
    expect(all.length).toBeGreaterThan(size);
    expect(seen).toEqual(all);
  });

  async function takeAway(list: string, names: readonly string[]): Promise<void> {
    const statements: Record<string, [string, unknown[]]> = {
      installations: [
        'UPDATE plugins.devices SET retired_at = now() WHERE organisation_id = $1 AND name = ANY($2)',
        [organisation, names],
      ],
      products: [
        'UPDATE plugins.products SET installations = 0 WHERE organisation_id = $1 AND name = ANY($2)',
        [organisation, names],
      ],
      software: [
        'DELETE FROM plugins.installed WHERE organisation_id = $1 AND device_id = $2 AND key = ANY($3)',
        [organisation, device, names.map((name) => `dpkg:${keyNumber(name)}:amd64`)],
      ],
    };
    const [sql, parameters] = statements[list] ?? ['', []];
    expect((await plugins.admin.query(sql, parameters)).rowCount).toBe(names.length);
  }
  const keyNumber = (name: string): number => (name === 'openssl' ? 1 : Number(name.replace(/\D/g, '')));
});
