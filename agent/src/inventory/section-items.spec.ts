import { INVENTORY_SECTIONS, type InventorySection, parse, SECTION_NAMES } from '@muster/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { collectSection } from './collected-section';
import { keyOf } from './item-keys';
import { compareUtf8, sectionDigest } from './section-digest';
import { cleanItem, cleanText, itemDigest } from './section-items';
import { differenceReports, snapshotReports } from './section-reports';
import type { AnySource, Found } from './source';
import { InventoryServer } from './testing/inventory-server';
import { dice, MadeUpSource } from './testing/made-up';
import { RecordedMachine } from './testing/recorded-machine';

const FIELDS = [
  ...['manufacturer', 'model', 'serialNumber', 'name', 'version', 'source', 'state', 'mountPoint', 'volume', 'user'],
  ...[
    'addresses',
    'groups',
    'nameServers',
    'sizeBytes',
    'cores',
    'frequencyMhz',
    'installedAt',
    'startedAt',
    'secureBoot',
  ],
  ...['administrator', 'slot', 'speed', 'bus', 'address', 'yearMade', 'upToDate', 'key', 'digest', 'id', 'scope'],
];
/** What broken tools, tables and people put where text, numbers and times should be. */
const RUBBISH: unknown[] = [
  ...['', ' ', '\0', 'a\0b', '\ud800', 'x\udc00y', '\u001b[31mred', 'é'.repeat(5000), '\u{1f600}'.repeat(2000)],
  ...[0, -1, 1.5, NaN, Infinity, 2 ** 60, null, undefined, true, {}, [], ['a', '', 'a', 7, '\ud800'], Symbol.iterator],
  ...[
    'dpkg',
    'on',
    'unknown',
    '2024-01-31T00:00:00Z',
    '0001-01-01',
    'not a time',
    '__proto__',
    '+275760-09-13T00:00:00Z',
  ],
  Array.from({ length: 1000 }, (_, index) => `entry ${index}`),
];

describe('items', () => {
  it('are such that the server takes them, whatever a source gives', () => {
    const roll = dice(4711);
    let usable = 0;
    for (let round = 0; round < 20_000; round++) {
      const section = SECTION_NAMES[roll() % SECTION_NAMES.length] as InventorySection;
      const given = Object.fromEntries(FIELDS.map((name) => [name, RUBBISH[roll() % RUBBISH.length]]));
      const item = cleanItem(section, given);
      if (!item) continue;
      usable++;
      const json = JSON.stringify(item);
      const key = keyOf(section, item as Found<InventorySection>);
      const reported: unknown = { key, digest: itemDigest(json), ...(JSON.parse(json) as object) };
      parse(INVENTORY_SECTIONS[section], reported, { unknown: 'refuse' }); // throws what it does not take
    }
    expect(usable).toBeGreaterThan(5000);
  }, 120_000);

  it('are canonical: the order of fields, and blanks at their ends, are no difference', () => {
    const one = cleanItem('users', { name: 'ada', shell: '/bin/sh ', id: '1', groups: [] });
    const other = cleanItem('users', { id: '1', shell: '/bin/sh', name: ' ada', unknown: 1, fullName: '' });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(JSON.stringify(one)).toBe('{"id":"1","name":"ada","shell":"/bin/sh"}');
  });

  it('need what names them', () => {
    expect(cleanItem('software', { source: 'dpkg', name: '', version: '1' })).toBeUndefined();
    expect(cleanItem('software', { source: 'windows', name: 'Tool', version: '' })).toMatchObject({ version: '' });
    expect(cleanItem('networks', { name: '\0' })).toBeUndefined();
  });

  it('keep whole characters when they are cut', () => {
    expect(cleanText('a\u{1f600}', 2)).toBe('a');
    expect(cleanText('ab\u0007c\ud83d', 10)).toBe('ab c\ufffd');
  });

  it('have keys of their own, also when two things share a name', async () => {
    const machine = new RecordedMachine({});
    const source = new MadeUpSource('software', 'rpm', 'rpm|');
    const item = (version: string): Found<'software'> => ({
      source: 'rpm',
      name: 'lib',
      version,
      architecture: 'x86_64',
    });
    source.items = [item('1'), item('2'), item('2'), item('3')];
    const { items } = await collectSection(machine, 'software', [source.source]);
    expect([...items.keys()]).toEqual(['rpm|lib|x86_64', 'rpm|lib|x86_64#2', 'rpm|lib|x86_64#3']);
    const long = keyOf('software', { ...item('1'), scope: '\u{1f600}'.repeat(256), name: 'n'.repeat(400) });
    expect(long.length).toBeLessThanOrEqual(600);
    expect(long).not.toBe(keyOf('software', { ...item('1'), scope: '\u{1f600}'.repeat(255), name: 'n'.repeat(400) }));
    machine.remove();
  });
});

describe('digest of a section', () => {
  it('orders keys as their UTF-8 bytes', () => {
    const roll = dice(99);
    const alphabet = [
      'a',
      'b',
      'é',
      '\u7fff',
      '\ud7ff',
      '\ue000',
      '\uff5e',
      '\uffff',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    ];
    const word = (): string => Array.from({ length: roll() % 5 }, () => alphabet[roll() % alphabet.length]).join('');
    for (let round = 0; round < 20_000; round++) {
      const [left, right] = [word(), word()];
      expect(Math.sign(compareUtf8(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }
  });

  it('is that of the contract', () => {
    expect(sectionDigest(new Map())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    // printf 'a\0%s\nb\0%s\n' 0000000000000001 0000000000000002 | sha256sum
    const items = new Map([
      ['b', '0000000000000002'],
      ['a', '0000000000000001'],
    ]);
    expect(sectionDigest(items)).toBe('847822ab7c2d7e8c6d275a0ee2b8a816e65a2c4a6cd17f57c7aac9662987f1fd');
  });
});

describe('reports of a large section', () => {
  const takenAt = new Date(0).toISOString();
  const source = (count: number, version: string): AnySource => {
    const made = new MadeUpSource('software', 'dpkg', 'dpkg|');
    made.items = Array.from({ length: count }, (_, index) => ({
      source: 'dpkg',
      name: `package-${index}`,
      version,
      // Three bytes each: what counts is bytes, not characters.
      publisher: '\u20ac'.repeat(index % 400),
    }));
    return made.source;
  };
  const machine = new RecordedMachine({});
  afterAll(() => machine.remove());

  it('stay below the limits, and the parts of a snapshot make the whole', async () => {
    const server = new InventoryServer();
    const collected = await collectSection(machine, 'software', [source(12_000, '1')]);
    const reports = [...snapshotReports(collected, takenAt)];
    expect(reports.length).toBeGreaterThan(5);
    for (const report of reports) {
      server.apply({ sequence: 1, ...report });
      expect(report.items.length).toBeLessThanOrEqual(5000);
    }
    expect(server.held.get('software')?.items.size).toBe(12_000);
    expect(server.held.get('software')?.digest).toBe(reports[0]?.digest);
  });

  it('are a chain of differences when a difference does not fit into one', async () => {
    const server = new InventoryServer();
    const before = await collectSection(machine, 'software', [source(12_000, '1')]);
    for (const report of snapshotReports(before, takenAt)) server.apply({ sequence: 1, ...report });
    const items = new Map([...before.items].map(([key, { digest }]) => [key, digest]));
    const last = { digest: sectionDigest(items), items };
    const after = await collectSection(machine, 'software', [source(6500, '2')]);
    const reports = differenceReports(after, last, takenAt);
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.map(({ base }) => base)).toEqual([last.digest, ...reports.slice(0, -1).map(({ digest }) => digest)]);
    for (const report of reports) server.apply({ sequence: 1, ...report });
    expect(server.held.get('software')?.items.size).toBe(6500);
    expect(server.held.get('software')?.digest).toBe(
      sectionDigest(new Map([...after.items].map(([key, { digest }]) => [key, digest]))),
    );
  });

  it('carry fifty lines of what is unreadable at most', async () => {
    const made = new MadeUpSource('users');
    made.unreadable = Array.from({ length: 300 }, (_, index) => ({
      what: `\0thing ${index}`,
      why: '\u20ac'.repeat(3000),
    }));
    const collected = await collectSection(machine, 'users', [made.source]);
    const [report] = snapshotReports(collected, takenAt);
    const server = new InventoryServer();
    server.apply({ sequence: 1, ...report });
    expect(collected.unreadable).toHaveLength(50);
    expect(collected.unreadable.at(-1)).toEqual({ what: 'more', why: '251 more could not be read' });
  });
});
