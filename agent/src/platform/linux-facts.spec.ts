import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DeviceFacts, Enrol, HardwareIdentity, parse } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeviceFacts } from './device-facts';
import { LinuxPlatform } from './linux';
import { LinuxFacts } from './linux-facts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'muster-facts-'))));
afterEach(() => rmSync(root, { recursive: true }));

function record(files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}
function utmp(type: number, name: string, at: number): Buffer {
  const entry = Buffer.alloc(384);
  entry.writeInt16LE(type, 0);
  entry.write(name, 44);
  entry.writeInt32LE(at, 340);
  return entry;
}

/** Recorded on a Dell laptop with Debian 12. */
const LAPTOP = {
  'etc/os-release':
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
  'etc/debian_version': '12.7\n',
  'etc/machine-id': '4c1f1a9d1a0d4c0f8f1c2f6f5c3f0a11\n',
  'proc/meminfo': 'MemTotal:       16117348 kB\nMemFree:         1201212 kB\n',
  'proc/uptime': '86461.42 340211.10\n',
  'proc/cpuinfo': [0, 1, 2, 3]
    .map((n) => `processor\t: ${n}\nmodel name\t: Intel(R) Core(TM)  i7-1165G7 @ 2.80GHz\n`)
    .join('\n'),
  'proc/sys/kernel/hostname': 'lap-042\n',
  'proc/sys/kernel/osrelease': '6.1.0-25-amd64\n',
  'sys/class/dmi/id/sys_vendor': 'Dell Inc.\n',
  'sys/class/dmi/id/product_name': 'Latitude 5420\n',
  'sys/class/dmi/id/product_serial': '7ABC123\n',
  'sys/class/dmi/id/product_uuid': '4C4C4544-0037-4110-8042-B7C04F313233\n',
  'sys/class/net/eno1/address': 'A0:B1:C2:D3:E4:F5\n',
  'sys/class/net/eno1/device/vendor': '0x8086\n',
  'sys/class/net/docker0/address': '02:42:11:22:33:44\n',
  'sys/class/net/lo/address': '00:00:00:00:00:00\n',
};

describe('Linux facts', () => {
  it('reads a laptop', () => {
    record(LAPTOP);
    record({ 'run/utmp': Buffer.concat([utmp(7, 'ada', 1000), utmp(2, 'reboot', 9000), utmp(7, 'grace', 2000)]) });
    mkdirSync(join(root, 'usr/share'), { recursive: true });
    symlinkSync('/usr/share/zoneinfo/Europe/Warsaw', join(root, 'etc/localtime'));
    const reader = new LinuxFacts(root);
    expect(reader.facts()).toMatchObject({
      hostName: 'lap-042',
      osName: 'Debian GNU/Linux 12 (bookworm)',
      osVersion: '12.7',
      kernel: '6.1.0-25-amd64',
      manufacturer: 'Dell Inc.',
      model: 'Latitude 5420',
      serialNumber: '7ABC123',
      processor: 'Intel(R) Core(TM) i7-1165G7 @ 2.80GHz',
      processorCount: 4,
      memoryBytes: 16_117_348 * 1024,
      uptimeSeconds: 86_461,
      user: 'grace',
      timeZone: 'Europe/Warsaw',
    });
    expect(reader.hardware()).toEqual({
      systemUuid: '4c4c4544-0037-4110-8042-b7c04f313233',
      serialNumber: '7ABC123',
      machineId: '4c1f1a9d1a0d4c0f8f1c2f6f5c3f0a11',
      macs: ['a0:b1:c2:d3:e4:f5'],
    });
  });

  it('leaves out what boards carry where nobody filled anything in', () => {
    record({
      'sys/class/dmi/id/sys_vendor': 'To Be Filled By O.E.M.\n',
      'sys/class/dmi/id/product_name': 'System Product Name\n',
      'sys/class/dmi/id/product_serial': 'Default string\n',
      'sys/class/dmi/id/product_uuid': '03000200-0400-0500-0006-000700080009\n',
    });
    const reader = new LinuxFacts(root);
    expect(reader.facts()).toMatchObject({ manufacturer: undefined, model: undefined, serialNumber: undefined });
    expect(reader.hardware()).toEqual({ macs: [] });
  });

  it('gives valid facts where there is nothing to read', () => {
    const facts = new LinuxFacts(root).facts();
    expect(facts).toMatchObject({ osName: 'Linux', disks: [], memoryBytes: undefined });
    expect(() =>
      parse(DeviceFacts, { ...facts, languages: [], agentVersion: '1' }, { unknown: 'refuse' }),
    ).not.toThrow();
  });

  it('reads quoted and bare values of os-release', () => {
    record({ 'etc/os-release': `NAME='Alpine Linux'\nVERSION_ID=3.20.1\nPRETTY_NAME="A \\"quoted\\" name"\n` });
    expect(new LinuxFacts(root).facts()).toMatchObject({ osName: 'A "quoted" name', osVersion: '3.20.1' });
  });

  it('counts each disk once and no pseudo file systems', () => {
    mkdirSync(join(root, 'mnt/big disk'), { recursive: true });
    record({
      'proc/self/mounts': [
        'sysfs /sys sysfs rw 0 0',
        'tmpfs /run tmpfs rw 0 0',
        '/dev/sda2 / ext4 rw 0 0',
        '/dev/sda2 /var/lib/docker ext4 rw 0 0',
        '/dev/sdb1 /mnt/big\\040disk xfs rw 0 0',
        '/dev/sdc1 /gone ext4 rw 0 0',
      ].join('\n'),
    });
    const disks = new LinuxFacts(root).facts().disks;
    expect(disks.map(({ mountPoint, fileSystem }) => [mountPoint, fileSystem])).toEqual([
      ['/', 'ext4'],
      ['/mnt/big disk', 'xfs'],
    ]);
  });

  it('gives what the server takes on this machine', () => {
    const platform = new LinuxPlatform();
    const facts = readDeviceFacts(platform);
    const hardware = parse(HardwareIdentity, platform.hardware(), { unknown: 'refuse' });
    const enrol = { registrationKey: 'k', certificateRequest: 'r', hardware, facts };
    expect(() => parse(Enrol, JSON.parse(JSON.stringify(enrol)), { unknown: 'refuse' })).not.toThrow();
    expect(facts.languages).toContain('sh');
    expect(facts.memoryBytes).toBeGreaterThan(1e8);
  });
});
