import { createHash, randomUUID } from 'node:crypto';
import type { InventoryReported, InventorySection, ReportedInventory } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDevice } from '../devices/devices.store';
import { sectionDigest } from '../sections/bytewise';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { pick, random } from '../testing/random';
import { debianPackage, type Item, SimulatedInventory } from '../testing/simulated-inventory';
import { InventoryConsumer } from './inventory.consumer';
import { Database } from '@muster/database';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
  await plugins.addInstance();
});
afterAll(() => plugins?.stop());

const SECTIONS = ['software', 'services'] as const;
const NAMES = ['openssl', 'curl', 'bash', 'zlib', 'ünïcode', '😀', '\ue000', 'a b'];

/** A device with a network that loses, repeats and mixes up what it sends. */
class Careless {
  readonly id = uuidOf();
  readonly inventory = new SimulatedInventory();
  readonly events: InventoryReported[] = [];

  constructor(
    readonly organisationId: string,
    private readonly next: () => number,
  ) {}

  /** Changes something and makes a report of it, whole or as a difference. */
  act(): void {
    const { next, inventory } = this;
    const section = pick(next, SECTIONS);
    for (let times = Math.ceil(next() * 4); times > 0; times -= 1) {
      const name = pick(next, NAMES);
      const item = itemOf(section, name, next);
      if (next() < 0.3) inventory.remove(section, item.key);
      else inventory.put(section, item);
    }
    const portion = 1 + Math.floor(next() * 4);
    const made = next() < 0.4 ? inventory.snapshot(section, portion) : inventory.difference(section, portion);
    this.events.push(...made.map((report) => this.eventOf(report)));
  }

  /** What an agent does once it hears that a digest is not its own. */
  whole(section: InventorySection): InventoryReported[] {
    return this.inventory.snapshot(section, 3).map((report) => this.eventOf(report));
  }

  /** What arrives: some of it lost, some twice, some late. */
  arriving(): InventoryReported[] {
    const { next } = this;
    const arriving = this.events
      .splice(0)
      .flatMap((event) => (next() < 0.12 ? [] : next() < 0.2 ? [event, event] : [event]));
    for (let swaps = Math.floor(next() * 3); swaps > 0 && arriving.length > 1; swaps -= 1) {
      const place = Math.floor(next() * (arriving.length - 1));
      arriving.splice(place, 2, ...arriving.slice(place, place + 2).reverse());
    }
    return arriving;
  }

  private eventOf(report: object): InventoryReported {
    const { kind: _, takenAt, ...rest } = report as ReportedInventory & { kind: string; takenAt: string };
    return {
      organisationId: this.organisationId,
      deviceId: this.id,
      spool: this.inventory.spool,
      receivedAt: takenAt,
      inventory: [{ ...rest, at: takenAt }],
    };
  }
}

function itemOf(section: (typeof SECTIONS)[number], name: string, next: () => number): Item {
  if (section === 'services') return { key: name, name, state: pick(next, ['running', 'stopped']) };
  const version = `${Math.floor(next() * 4)}.0`;
  // The same package in two architectures and two folders: one title, several rows.
  const key = `dpkg:${name}:${pick(next, ['amd64', 'i386', '/opt'])}`;
  return debianPackage(name, version, { key, ...(next() < 0.5 ? { scope: '/opt' } : {}) });
}

const stored = async (device: Careless, section: string) =>
  (
    await plugins.rows<{ digest: string | null; count: number; items: Array<{ key: string; digest: string }> }>(
      `SELECT encode(digest, 'hex') AS digest, item_count AS count, items FROM plugins.sections WHERE device_id = $1 AND section = $2`,
      [device.id, section],
    )
  )[0];
const installedOf = (device: Careless) =>
  plugins.rows<{ key: string; digest: string }>(
    `SELECT key, lpad(to_hex(digest), 16, '0') AS digest FROM plugins.installed WHERE device_id = $1`,
    [device.id],
  );

/** What must hold at every moment: no digest that is not that of the rows, no count that is not theirs. */
async function consistent(organisationId: string, devices: readonly Careless[]): Promise<void> {
  for (const device of devices) {
    for (const section of SECTIONS) {
      const row = await stored(device, section);
      if (!row) continue;
      const items = section === 'software' ? await installedOf(device) : row.items;
      expect(row.count).toBe(items.length);
      if (row.digest !== null) expect(row.digest).toBe(sectionDigest(items));
    }
  }
  const titles = await plugins.rows(
    `SELECT t.id FROM plugins.titles t
       LEFT JOIN (SELECT organisation_id, title_id, count(*) AS rows, count(DISTINCT device_id) AS devices FROM plugins.installed
                   GROUP BY 1, 2) c ON c.organisation_id = t.organisation_id AND c.title_id = t.id
      WHERE t.organisation_id = $1
        AND (t.installations, t.devices) IS DISTINCT FROM (coalesce(c.rows, 0)::int, coalesce(c.devices, 0)::int)`,
    [organisationId],
  );
  expect(titles).toEqual([]);
  const products = await plugins.rows(
    `SELECT p.name, p.installations, p.versions, c.* FROM plugins.products p
       LEFT JOIN (SELECT organisation_id, product_id, sum(installations)::int AS rows, count(*) FILTER (WHERE installations > 0)::int AS kinds
                    FROM plugins.titles GROUP BY 1, 2) c ON c.organisation_id = p.organisation_id AND c.product_id = p.id
      WHERE p.organisation_id = $1
        AND (p.installations, p.versions) IS DISTINCT FROM (coalesce(c.rows, 0), coalesce(c.kinds, 0))`,
    [organisationId],
  );
  expect(products).toEqual([]);
}

describe('random reports over a careless network, stored by two instances at once', () => {
  it.each([1, 2, 3, 4, 5, 6])('heal by the digest, and every count is that of the rows (seed %i)', async (seed) => {
    const next = random(seed);
    const organisationId = uuidOf();
    const devices = Array.from({ length: 5 }, () => new Careless(organisationId, next));
    const consumers = plugins.apps.map((app) => app.get(InventoryConsumer));
    const deliver = async (events: InventoryReported[]): Promise<void> => {
      const half = Math.floor(next() * events.length);
      const [first, second] = consumers;
      // One of the two may be told to try again: the bus would.
      const tries = [first?.store(events.slice(0, half)), second?.store(events.slice(half))];
      const outcomes = await Promise.allSettled(tries);
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected') await first?.store(place === 0 ? events.slice(0, half) : events.slice(half));
      }
    };
    for (let round = 0; round < 25; round += 1) {
      for (const device of devices) if (next() < 0.8) device.act();
      const events = devices.flatMap((device) => device.arriving());
      await deliver(events);
      if (next() < 0.2) await deliver(events); // a redelivery of everything
      if (round % 8 === 7) await consistent(organisationId, devices);
    }
    for (const device of devices) {
      for (const section of SECTIONS) {
        const row = await stored(device, section);
        if (row?.digest !== device.inventory.digest(section)) await deliver(device.whole(section));
        expect((await stored(device, section))?.digest ?? null, section).toBe(device.inventory.digest(section));
        const items =
          section === 'software' ? await installedOf(device) : ((await stored(device, section))?.items ?? []);
        const wanted = [...(device.inventory.current.get(section)?.values() ?? [])];
        const plain = (all: Iterable<{ key: string; digest: string }>) =>
          [...all].map(({ key, digest }) => `${key} ${digest}`).toSorted();
        expect(plain(items)).toEqual(plain(wanted));
      }
    }
    await consistent(organisationId, devices);
    expect(await plugins.rows('SELECT FROM plugins.parts WHERE organisation_id = $1', [organisationId])).toEqual([]);
  });

  it('store the same once, whichever instance gets it, and never wait for each other for ever', async () => {
    const organisationId = uuidOf();
    const next = random(77);
    const devices = Array.from({ length: 8 }, () => new Careless(organisationId, next));
    const [first, second] = plugins.apps.map((app) => app.get(InventoryConsumer));
    for (let round = 0; round < 15; round += 1) {
      for (const device of devices) device.act();
      const events = devices.flatMap((device) => device.events.splice(0));
      const reversed = [...devices]
        .reverse()
        .flatMap((device) => events.filter(({ deviceId }) => deviceId === device.id));
      await Promise.all([first?.store(events), second?.store(reversed)]);
    }
    await consistent(organisationId, devices);
  });
});

describe('history and names', () => {
  it('newest description wins, whatever order they come in', async () => {
    const organisationId = uuidOf();
    const deviceId = uuidOf();
    const database = plugins.app.get(Database);
    const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    for (const [name, second] of [
      ['second', 2],
      ['third', 3],
      ['first', 1],
    ] as const) {
      const description = { organisationId, deviceId, name, at: at(second) };
      await database.inOrganisation(organisationId, (manager) => describeDevice(manager, description));
    }
    expect(await plugins.rows('SELECT name FROM plugins.devices WHERE id = $1', [deviceId])).toEqual([
      { name: 'third' },
    ]);
  });

  it('a digest of 8 bytes survives as a number', async () => {
    const organisationId = uuidOf();
    const device = new Careless(organisationId, random(1));
    const digests = [
      '0000000000000000',
      'ffffffffffffffff',
      '8000000000000000',
      createHash('sha256').update('x').digest('hex').slice(0, 16),
    ];
    const items = digests.map((digest, place) => ({ ...debianPackage(`p${place}`, '1'), digest }));
    const report = {
      section: 'software',
      snapshot: randomUUID(),
      part: 1,
      parts: 1,
      items,
      gone: [],
      unreadable: [],
    } as const;
    const inventory = [
      {
        ...report,
        items: [...items],
        gone: [],
        unreadable: [],
        sequence: 1,
        at: new Date().toISOString(),
        digest: sectionDigest(items),
      },
    ];
    const event = {
      organisationId,
      deviceId: device.id,
      spool: randomUUID(),
      receivedAt: new Date().toISOString(),
      inventory,
    };
    await plugins.app.get(InventoryConsumer).store([event]);
    expect((await stored(device, 'software'))?.digest).toBe(sectionDigest(items));
    expect((await installedOf(device)).map(({ digest }) => digest).toSorted()).toEqual(digests.toSorted());
  });
});
