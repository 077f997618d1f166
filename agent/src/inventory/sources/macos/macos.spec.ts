import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordedMachine } from '../../testing/recorded-machine';

/** What macOS 14 writes, put together from published outputs of these tools: no Mac was at hand. */
const profile = (dataType: string, ...entries: object[]): Record<string, string> => ({
  [`system_profiler -json ${dataType}`]: JSON.stringify({ [dataType]: entries }),
});

const COMMANDS: Record<string, string> = {
  ...profile('SPHardwareDataType', {
    _name: 'hardware_overview',
    boot_rom_version: '10151.121.1',
    chip_type: 'Apple M2 Pro',
    machine_model: 'Mac14,10',
    machine_name: 'MacBook Pro',
    number_processors: 'proc 12:8:4',
    physical_memory: '16 GB',
    platform_UUID: '12345678-ABCD-5678-9ABC-DEF012345678',
    serial_number: 'C02ABC123DEF',
  }),
  ...profile('SPMemoryDataType', { dimm_manufacturer: 'Hynix', dimm_type: 'LPDDR5', SPMemoryDataType: '16 GB' }),
  ...profile('SPNVMeDataType', {
    _name: 'Apple SSD Controller',
    _items: [
      {
        _name: 'APPLE SSD AP0512Z',
        bsd_name: 'disk0',
        device_model: 'APPLE SSD AP0512Z',
        device_serial: '0ba0123456789abc',
        size_in_bytes: 500277792768,
        smart_status: 'Verified',
        volumes: [{ _name: 'Macintosh HD', bsd_name: 'disk0s2', size_in_bytes: 494384795648 }],
      },
    ],
  }),
  ...profile('SPSerialATADataType'),
  ...profile('SPStorageDataType', {
    _name: 'Macintosh HD - Data',
    bsd_name: 'disk3s5',
    file_system: 'APFS',
    free_space_in_bytes: 1234,
    mount_point: '/System/Volumes/Data',
    size_in_bytes: 494384795648,
    volume_uuid: '0A1B2C3D-0000-4000-8000-000000000001',
    writable: 'yes',
  }),
  ...profile('SPUSBDataType', {
    _name: 'USB31Bus',
    host_controller: 'AppleT6020USBXHCI',
    _items: [{ _name: 'USB Receiver', location_id: '0x01100000 / 1', manufacturer: 'Logitech', product_id: '0xc52b' }],
  }),
  ...profile('SPDisplaysDataType', {
    _name: 'Apple M2 Pro',
    sppci_bus: 'spdisplays_builtin',
    sppci_model: 'Apple M2 Pro',
    spdisplays_vendor: 'sppci_vendor_Apple',
    spdisplays_ndrvs: [
      {
        _name: 'Color LCD',
        '_spdisplays_display-serial-number': 'fd626d62',
        '_spdisplays_display-year': '0',
        _spdisplays_pixels: '3456 x 2234',
        spdisplays_connection_type: 'spdisplays_internal',
      },
      {
        _name: 'DELL U2719D',
        '_spdisplays_display-serial-number': '42415a4c',
        '_spdisplays_display-year': '2019',
        _spdisplays_pixels: '2560 x 1440',
      },
    ],
  }),
  ...profile(
    'SPNetworkDataType',
    {
      _name: 'Wi-Fi',
      interface: 'en0',
      hardware: 'AirPort',
      type: 'AirPort',
      Ethernet: { 'MAC Address': 'A0:B1:C2:D3:E4:F5' },
      IPv4: { Addresses: ['192.168.1.50'], ConfigMethod: 'DHCP', Router: '192.168.1.1' },
      DNS: { ServerAddresses: ['192.168.1.1'] },
    },
    { _name: 'A VPN that is off' },
  ),
  ...profile('SPSoftwareDataType', {
    os_version: 'macOS 14.5 (23F79)',
    kernel_version: 'Darwin 23.5.0',
    local_host_name: 'adas-mac',
  }),
  ...profile(
    'SPApplicationsDataType',
    {
      _name: 'Firefox',
      arch_kind: 'arch_arm_i64',
      obtained_from: 'identified_developer',
      path: '/Applications/Firefox.app',
      signed_by: ['Developer ID Application: Mozilla Corporation (43AQ936H96)', 'Apple Root CA'],
      version: '130.0',
    },
    { _name: 'Finder', arch_kind: 'arch_arm_i64', path: '/System/Library/CoreServices/Finder.app', version: '14.5' },
    { _name: 'Tool', arch_kind: 'arch_i64', path: '/Users/ada/Applications/Tool.app' },
  ),
  'sysctl -n': 'Apple M2 Pro\n12\n12\n1\n',
  'dscl . -readall': `GeneratedUID: FFFFEEEE-DDDD-CCCC-BBBB-AAAA00000000
NFSHomeDirectory: /var/root /private/var/root
RealName:
 System Administrator
RecordName: root BUILTIN\\Local System
UniqueID: 0
UserShell: /bin/sh
-
NFSHomeDirectory: /Users/ada
RealName:
 Ada Lovelace
RecordName: ada
UniqueID: 501
UserShell: /bin/zsh
-
RecordName: _spotlight Spotlight
UniqueID: 89
`,
  'dscl . -read /Groups/admin': 'GroupMembership: root ada\n',
  who: 'ada              console      Nov 21 09:00 \nada              ttys001      Nov 21 09:05   (192.0.2.7)\n',
  'launchctl list':
    'PID\tStatus\tLabel\n512\t0\tcom.openssh.sshd\n-\t78\tcom.example.broken\n600\t0\tapplication.com.apple.finder.1.2\n',
  plutil: '{"CFBundleShortVersionString":"2192"}',
  'fdesetup status': 'FileVault is On.\n',
  'lpstat -v': 'device for Office: ipp://printer.example/ipp\n',
  'lpstat -r': 'scheduler is running\n',
  'lpstat -d': 'no system default destination\n',
  'lpoptions -p Office': "printer-make-and-model='Office Printer'\n",
};
const FILES = { '/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info.plist': 'bplist00' };
const ADDRESS = {
  address: '192.168.1.50',
  cidr: '192.168.1.50/24',
  mac: 'a0:b1:c2:d3:e4:f5',
  internal: false,
} as const;

let mac: RecordedMachine;
beforeEach(() => {
  const addresses = { en0: [{ ...ADDRESS, netmask: '255.255.255.0', family: 'IPv4' as const }] };
  const links = { '/etc/localtime': '/var/db/timezone/zoneinfo/Europe/Warsaw' };
  mac = new RecordedMachine({
    platform: 'macos',
    architecture: 'arm64',
    commands: COMMANDS,
    files: FILES,
    links,
    addresses,
  });
});
afterEach(() => mac.remove());

describe('inventory of a recorded Mac', () => {
  it.each([
    [
      'system',
      [
        {
          manufacturer: 'Apple Inc.',
          model: 'MacBook Pro (Mac14,10)',
          serialNumber: 'C02ABC123DEF',
          uuid: '12345678-abcd-5678-9abc-def012345678',
          chassis: 'laptop',
        },
      ],
    ],
    ['firmware', [{ vendor: 'Apple Inc.', version: '10151.121.1' }]],
    [
      'processors',
      [{ manufacturer: 'Apple', name: 'Apple M2 Pro', socket: '0', cores: 12, threads: 12, architecture: 'arm64' }],
    ],
    ['memory-modules', [{ sizeBytes: 2 ** 34, type: 'LPDDR5', manufacturer: 'Hynix' }]],
    [
      'disks',
      [
        {
          name: '/dev/disk0',
          model: 'APPLE SSD AP0512Z',
          serialNumber: '0ba0123456789abc',
          type: 'nvme',
          bus: 'nvme',
          sizeBytes: 500_277_792_768,
          health: 'verified',
        },
      ],
    ],
    [
      'volumes',
      [
        {
          mountPoint: '/System/Volumes/Data',
          device: '/dev/disk3s5',
          fileSystem: 'APFS',
          label: 'Macintosh HD - Data',
          uuid: '0a1b2c3d-0000-4000-8000-000000000001',
          sizeBytes: 494_384_795_648,
          readOnly: false,
        },
      ],
    ],
    [
      'controllers',
      [
        { bus: 'builtin', type: 'graphics', vendor: 'Apple', name: 'Apple M2 Pro' },
        { bus: 'usb', address: '0x01100000', type: 'usb', vendor: 'Logitech', name: 'USB Receiver' },
      ],
    ],
    [
      'monitors',
      [
        { model: 'Color LCD', connection: 'internal', resolution: '3456x2234' },
        { model: 'DELL U2719D', serialNumber: '42415a4c', resolution: '2560x1440', yearMade: 2019 },
      ],
    ],
    [
      'networks',
      [
        {
          name: 'en0',
          mac: 'a0:b1:c2:d3:e4:f5',
          addresses: ['192.168.1.50/24'],
          type: 'wireless',
          dhcp: true,
          gateway: '192.168.1.1',
          nameServers: ['192.168.1.1'],
        },
      ],
    ],
    ['printers', [{ name: 'Office', model: 'Office Printer', address: 'ipp://printer.example/ipp', isDefault: false }]],
    [
      'operating-system',
      [
        {
          name: 'macOS 14.5',
          version: '14.5',
          build: '23F79',
          kernel: 'Darwin 23.5.0',
          architecture: 'arm64',
          hostName: 'adas-mac',
          timeZone: 'Europe/Warsaw',
        },
      ],
    ],
    [
      'users',
      [
        {
          name: 'root',
          id: '0',
          fullName: 'System Administrator',
          home: '/var/root /private/var/root',
          shell: '/bin/sh',
          administrator: true,
        },
        {
          name: 'ada',
          id: '501',
          fullName: 'Ada Lovelace',
          home: '/Users/ada',
          shell: '/bin/zsh',
          administrator: true,
        },
      ],
    ],
    [
      'sign-ins',
      [
        { user: 'ada', terminal: 'console' },
        { user: 'ada', terminal: 'ttys001', from: '192.0.2.7' },
      ],
    ],
    [
      'services',
      [
        { name: 'com.openssh.sshd', state: 'running' },
        { name: 'com.example.broken', state: 'stopped' },
      ],
    ],
    ['antivirus', [{ name: 'XProtect', state: 'on', signatures: '2192' }]],
    ['encryption', [{ volume: '/', state: 'on', method: 'FileVault', system: true }]],
    [
      'software',
      [
        {
          source: 'macos',
          name: 'Firefox',
          version: '130.0',
          architecture: 'universal',
          publisher: 'Mozilla Corporation',
        },
        {
          source: 'macos',
          name: 'Tool',
          version: '',
          architecture: 'x64',
          scope: '/Users/ada/Applications/Tool.app',
        },
      ],
    ],
  ] as const)('has %s', async (section, expected) => {
    const items = await mac.items(section);
    expect(items).toHaveLength(expected.length);
    expect(items).toEqual(expect.arrayContaining([...expected]));
  });

  it('tells FileVault on its way, and off', async () => {
    for (const [told, state] of [
      ['FileVault is On.\nEncryption in progress: Percent completed = 12\n', 'partly'],
      ['FileVault is Off.\n', 'off'],
      ['no idea', 'unknown'],
    ] as const) {
      const other = new RecordedMachine({ platform: 'macos', commands: { 'fdesetup status': told } });
      expect(await other.items('encryption')).toMatchObject([{ state }]);
      other.remove();
    }
  });
});
