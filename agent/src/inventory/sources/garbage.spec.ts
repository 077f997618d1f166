import { INVENTORY_SECTIONS, parse, SECTION_NAMES } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { collectSection } from '../collected-section';
import type { Files, Machine } from '../machine/machine';
import { PLATFORMS } from '../machine/machine';
import { dice } from '../testing/made-up';
import { SOURCES } from '.';

/** Pieces of what these tools and files say, in no order, with what damaged ones contain. */
const PIECES = [
  ...[
    '\n',
    '\n\n',
    '\t',
    ' ',
    ':',
    '=',
    ',',
    '|',
    '\0',
    '\ufffd',
    '\ud83d',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '-',
    '0',
    '7',
    '4294967296',
    '1e999',
  ],
  ...[
    'Package: x',
    'Version: 1',
    'Status: install ok installed',
    'processor\t: 0',
    'Id=a.service',
    'Name:',
    'P:x',
    'V:1',
  ],
  ...['%NAME%', 'E:MEMORY_ARRAY_NUM_DEVICES=9999999999', 'E:MEMORY_DEVICE_0_SIZE=x', 'root:x:0:0', 'a:b:c', '(none)'],
  ...['22 1 253:1 / / rw - ext4 /dev/x rw', ' - ', 'device for x: y', 'nameserver', '__proto__', '\\040', '\\x20'],
  ...['00000000000000000000000000000000 00 x 00 zz', 'eth0\t00000000\t0101A8C0\t1\t0\t0\tx\t00000000', 'FileVault is'],
];
const JSON_PIECES: unknown[] = [null, true, 0, -1, 1e300, '', 'x', '\0', [], {}, [[]], [null], { a: null }, ['a', {}]];
const JSON_NAMES = [
  ...['SPHardwareDataType', 'SPMemoryDataType', 'SPDisplaysDataType', 'SPNetworkDataType', 'SPApplicationsDataType'],
  ...[
    '_items',
    '_name',
    'spdisplays_ndrvs',
    'IPv4',
    'ifname',
    'addr_info',
    'local',
    'Name',
    'SID',
    'IPAddress',
    'IPSubnet',
  ],
  ...['DisplayName', 'ChassisTypes', 'ManufacturerName', 'DriveLetter', 'path', 'interface', 'bsd_name', 'healthy'],
];

class Garbage {
  constructor(private readonly roll: () => number) {}

  text(): string {
    if (this.roll() % 3 === 0) return JSON.stringify(this.json(4));
    return Array.from({ length: this.roll() % 40 }, () => PIECES[this.roll() % PIECES.length]).join('');
  }

  bytes(): Buffer {
    if (this.roll() % 2) return Buffer.from(this.text());
    return Buffer.from(Array.from({ length: this.roll() % 600 }, () => this.roll() & 0xff));
  }

  names(): string[] {
    const known = [
      'sda',
      'nvme0n1',
      'card0-DP-1',
      '0000:00:02.0',
      '1-2',
      '1-2:1.0',
      'x.dist-info',
      'x.egg-info',
      '@x',
      '..',
      '',
      '1',
    ];
    return Array.from({ length: this.roll() % 4 }, () => known[this.roll() % known.length] ?? '');
  }

  maybe<T>(value: () => T): Promise<T | undefined> {
    return Promise.resolve(this.roll() % 4 ? value() : undefined);
  }

  private json(depth: number): unknown {
    if (depth === 0 || this.roll() % 5 === 0) return JSON_PIECES[this.roll() % JSON_PIECES.length];
    if (this.roll() % 2) return Array.from({ length: this.roll() % 4 }, () => this.json(depth - 1));
    const names = Array.from({ length: this.roll() % 6 }, () => JSON_NAMES[this.roll() % JSON_NAMES.length] ?? 'x');
    return Object.fromEntries(names.map((name) => [name, this.json(depth - 1)]));
  }
}

function garbageMachine(platform: Machine['platform'], roll: () => number): Machine {
  const garbage = new Garbage(roll);
  const files: Files = {
    bytes: () => garbage.maybe(() => garbage.bytes()),
    tail: () => garbage.maybe(() => garbage.bytes()),
    text: () => garbage.maybe(() => garbage.text()),
    lines: async function* () {
      for (const line of garbage.text().split('\n')) yield await Promise.resolve(line);
    },
    names: () => Promise.resolve(garbage.names()),
    link: () => garbage.maybe(() => garbage.text()),
    stat: () => Promise.resolve(undefined),
    changedAt: () => (roll() % 2 ? new Date(roll() * 1e6) : undefined),
    real: () => garbage.maybe(() => garbage.text()),
    space: () => garbage.maybe(() => roll() * 2 ** 40),
    why: () => garbage.maybe(() => garbage.text()),
  };
  const commands = { has: () => Promise.resolve(true), run: () => Promise.resolve(garbage.text()) };
  return { platform, architecture: 'x64', privileged: true, files, commands, addresses: () => ({}) };
}

describe('sources', () => {
  it.each(PLATFORMS)('give what the server takes, or fail and say so, whatever %s contains', async (platform) => {
    let items = 0;
    let failures = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const machine = garbageMachine(platform, dice(seed * 2_654_435_761));
      for (const section of SECTION_NAMES) {
        const found = await collectSection(machine, section, SOURCES);
        failures += found.failed.length;
        for (const [key, { digest, json }] of found.items) {
          items++;
          parse(INVENTORY_SECTIONS[section], { key, digest, ...(JSON.parse(json) as object) }, { unknown: 'refuse' });
        }
        for (const { what, why } of found.unreadable) {
          expect(what.length * why.length).toBeGreaterThan(0);
          // A fault of ours, not of the device.
          expect(why).not.toMatch(/is not a function|undefined \(reading|null \(reading|not iterable|out of range/);
        }
      }
    }
    expect(items).toBeGreaterThan(100);
    if (platform !== 'linux') expect(failures).toBeGreaterThan(100);
  });
});
