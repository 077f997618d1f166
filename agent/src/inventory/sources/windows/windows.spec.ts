import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordedMachine } from '../../testing/recorded-machine';
import { COMMANDS } from './windows.recording';

let windows: RecordedMachine;
beforeEach(() => (windows = new RecordedMachine({ platform: 'windows', commands: COMMANDS })));
afterEach(() => windows.remove());

describe('inventory of a recorded Windows', () => {
  it.each([
    [
      'system',
      [
        {
          manufacturer: 'LENOVO',
          model: '21CB',
          serialNumber: 'PF3ABC12',
          uuid: '2b0e1ecc-2b9e-11b2-a85c-000000000001',
          chassis: 'laptop',
        },
      ],
    ],
    [
      'firmware',
      [{ vendor: 'LENOVO', version: 'N3AET80W (1.45 )', releasedAt: '2024-03-11', type: 'uefi', secureBoot: true }],
    ],
    [
      'processors',
      [
        {
          manufacturer: 'Intel',
          name: '12th Gen Intel(R) Core(TM) i7-1260P',
          socket: 'CPU0',
          cores: 12,
          threads: 16,
          frequencyMhz: 2100,
          architecture: 'x64',
        },
      ],
    ],
    [
      'memory-modules',
      [
        {
          slot: 'BANK 0 Controller0-ChannelA-DIMM0',
          sizeBytes: 2 ** 34,
          type: 'LPDDR5',
          speed: 4800,
          manufacturer: 'Micron Technology',
          partNumber: 'MTC8C1084S1SC48BA1',
        },
      ],
    ],
    [
      'disks',
      [
        {
          name: '\\\\.\\PHYSICALDRIVE0',
          model: 'SAMSUNG MZVL2512HCJQ-00BL7',
          serialNumber: '0025_38BC_21B0_1234.',
          type: 'nvme',
          bus: 'nvme',
          sizeBytes: 512_110_190_592,
          health: 'healthy',
        },
      ],
    ],
    [
      'volumes',
      [
        {
          mountPoint: 'C:\\',
          device: '\\\\?\\Volume{4C1B02C1-D990-11DC-99AE-806E6F6E6963}\\',
          fileSystem: 'NTFS',
          label: 'Windows',
          uuid: '4c1b02c1-d990-11dc-99ae-806e6f6e6963',
          sizeBytes: 510_770_802_688,
        },
      ],
    ],
    [
      'controllers',
      [
        {
          bus: 'pci',
          address: 'PCI\\VEN_8086&DEV_46A6&SUBSYS_22E717AA&REV_0C\\3&11583659&0&10',
          type: 'graphics',
          vendor: 'Intel Corporation',
          name: 'Intel(R) Iris(R) Xe Graphics',
          driver: 'igfx',
        },
      ],
    ],
    [
      'networks',
      [
        {
          name: 'Wi-Fi',
          mac: 'a0:b1:c2:d3:e4:f5',
          addresses: ['192.168.1.40/24', 'fe80::1/64'],
          type: 'wireless',
          dhcp: true,
          gateway: '192.168.1.1',
          nameServers: ['192.168.1.1'],
          speedMbit: 866.7,
        },
        { name: 'Ethernet', type: 'ethernet' },
      ],
    ],
    [
      'monitors',
      [{ vendor: 'DEL', model: 'DELL U2719D', serialNumber: '7VKZ2W2', connection: 'DisplayPort', yearMade: 2019 }],
    ],
    [
      'printers',
      [
        {
          name: 'Microsoft Print to PDF',
          model: 'Microsoft Print To PDF',
          address: 'PORTPROMPT:',
          isDefault: true,
          shared: false,
        },
      ],
    ],
    [
      'operating-system',
      [
        {
          name: 'Microsoft Windows 11 Pro',
          version: '23H2',
          build: '22631.3296',
          kernel: '10.0.22631',
          architecture: 'x64',
          hostName: 'LAP-042',
          domain: 'corp.example',
          timeZone: 'Central European Standard Time',
          locale: 'en-GB',
          installedAt: '2023-11-20T10:11:12.000Z',
        },
      ],
    ],
    [
      'users',
      [
        { name: 'Administrator', id: 'S-1-5-21-1-2-3-500', administrator: true, disabled: true },
        { name: 'ada', id: 'S-1-5-21-1-2-3-1001', fullName: 'Ada L', administrator: false, disabled: false },
      ],
    ],
    ['sign-ins', [{ user: 'LAP-042\\ada', terminal: 'console', startedAt: '2026-11-21T07:00:00.000Z' }]],
    [
      'services',
      [
        {
          name: 'Spooler',
          description: 'Print Spooler',
          state: 'running',
          startMode: 'automatic',
          account: 'LocalSystem',
        },
      ],
    ],
    [
      'antivirus',
      [{ name: 'Windows Defender', state: 'on', version: '4.18.24090.11', signatures: '1.419.100.0', upToDate: true }],
    ],
    [
      'encryption',
      [
        { volume: 'C:', state: 'on', method: 'BitLocker', system: true },
        { volume: 'D:', state: 'off', system: false },
        { volume: 'E:', state: 'unknown', system: false },
        { volume: 'F:', state: 'partly', method: 'BitLocker', system: false },
      ],
    ],
    [
      'software',
      [
        {
          source: 'windows',
          name: '7-Zip 23.01 (x64)',
          version: '23.01',
          architecture: 'x64',
          publisher: 'Igor Pavlov',
          sizeBytes: 5659 * 1024,
          installedAt: '2024-01-31T00:00:00.000Z',
        },
        { source: 'windows', name: 'Old Tool', version: '', architecture: 'x86' },
        {
          source: 'windows',
          name: 'Visual Studio Code (User)',
          version: '1.93.0',
          publisher: 'Microsoft Corporation',
          scope: 'S-1-5-21-1-2-3-1001',
        },
        {
          source: 'appx',
          name: 'Microsoft.WindowsCalculator',
          version: '11.2405.2.0',
          architecture: 'x64',
          publisher: 'Microsoft Corporation',
        },
      ],
    ],
  ] as const)('has %s', async (section, expected) => {
    const items = await windows.items(section);
    expect(items).toHaveLength(expected.length);
    expect(items).toEqual(expect.arrayContaining([...expected]));
  });

  it('takes one object for a list of one, and nothing for none', async () => {
    const single = new RecordedMachine({ platform: 'windows', commands: { Win32_Printer: '{"Name":"One"}' } });
    expect(await single.items('printers')).toEqual([{ name: 'One' }]);
    single.remove();
    const none = new RecordedMachine({ platform: 'windows', commands: { Win32_Printer: '\ufeff\r\n' } });
    expect(await none.items('printers')).toEqual([]);
    none.remove();
  });

  it('says what needs an administrator', async () => {
    const user = new RecordedMachine({ platform: 'windows', privileged: false, commands: COMMANDS });
    expect(await user.unreadable('encryption')).toEqual({ BitLocker: 'needs an administrator' });
    expect(user.ran).toEqual([]);
    user.remove();
  });

  it('knows Defender on servers, which have no security centre', async () => {
    const commands = { ...COMMANDS, 'root/SecurityCenter2': new Error('Invalid namespace') };
    const server = new RecordedMachine({ platform: 'windows', commands });
    expect(await server.items('antivirus')).toMatchObject([{ name: 'Microsoft Defender Antivirus', state: 'on' }]);
    server.remove();
  });
});
