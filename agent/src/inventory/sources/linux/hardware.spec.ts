import { afterEach, describe, expect, it } from 'vitest';
import { edid, memoryDevice, smbiosStructure } from '../../testing/firmware-tables';
import { RecordedMachine, type Recording } from '../../testing/recorded-machine';

const machines: RecordedMachine[] = [];
const machine = (recording: Recording): RecordedMachine => {
  machines.push(new RecordedMachine(recording));
  return machines.at(-1) as RecordedMachine;
};
afterEach(() => machines.splice(0).forEach((one) => one.remove()));

const DMI = '/sys/class/dmi/id';
/** A Dell laptop with Debian 12, as root reads it. */
const LAPTOP = {
  [`${DMI}/sys_vendor`]: 'Dell Inc.\n',
  [`${DMI}/product_name`]: 'Latitude 5420\n',
  [`${DMI}/product_serial`]: '7ABC123\n',
  [`${DMI}/product_uuid`]: '4C4C4544-0037-4110-8042-B7C04F313233\n',
  [`${DMI}/chassis_type`]: '10\n',
  [`${DMI}/chassis_asset_tag`]: 'Not Specified\n',
  [`${DMI}/bios_vendor`]: 'Dell Inc.\n',
  [`${DMI}/bios_version`]: '1.38.0\n',
  [`${DMI}/bios_date`]: '05/09/2024\n',
  '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': Buffer.from([6, 0, 0, 0, 1]),
};

describe('board', () => {
  it('is read from the firmware tables', async () => {
    const laptop = machine({ files: LAPTOP });
    expect(await laptop.items('system')).toEqual([
      {
        manufacturer: 'Dell Inc.',
        model: 'Latitude 5420',
        serialNumber: '7ABC123',
        uuid: '4c4c4544-0037-4110-8042-b7c04f313233',
        chassis: 'laptop',
      },
    ]);
    expect(await laptop.items('firmware')).toEqual([
      { vendor: 'Dell Inc.', version: '1.38.0', releasedAt: '05/09/2024', type: 'uefi', secureBoot: true },
    ]);
    expect(await laptop.unreadable('system')).toEqual({});
  });

  it('names the hypervisor or container that it is', async () => {
    const kvm = { [`${DMI}/sys_vendor`]: 'QEMU\n', [`${DMI}/product_name`]: 'Standard PC (Q35 + ICH9, 2009)\n' };
    const expected = { chassis: 'virtual machine', virtualisation: 'KVM' };
    expect(await machine({ files: kvm }).items('system')).toMatchObject([expected]);
    const docker = { ...kvm, '/.dockerenv': '' };
    expect(await machine({ files: docker }).items('system')).toMatchObject([
      { chassis: 'container', virtualisation: 'docker' },
    ]);
    const bare = { '/proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu hypervisor lahf_lm\n' };
    expect(await machine({ files: bare }).items('system')).toEqual([{ chassis: 'virtual machine' }]);
  });

  it('of ARM is read from the device tree', async () => {
    const tree = '/sys/firmware/devicetree/base';
    const pi = machine({
      architecture: 'arm64',
      files: { [`${tree}/model`]: 'Raspberry Pi 4 Model B Rev 1.4\0', [`${tree}/serial-number`]: '10000000abcdef01\0' },
    });
    expect(await pi.items('system')).toEqual([
      { model: 'Raspberry Pi 4 Model B Rev 1.4', serialNumber: '10000000abcdef01' },
    ]);
  });

  it('says what is not there, and leaves out what nobody filled in', async () => {
    expect(await machine({}).unreadable('system')).toEqual({
      'manufacturer, model and serial number': 'this system shows no firmware table: no /sys/class/dmi/id',
    });
    const blank = machine({
      files: { [`${DMI}/sys_vendor`]: 'To Be Filled By O.E.M.\n', [`${DMI}/bios_vendor`]: 'INSYDE\n' },
    });
    expect(await blank.items('system')).toEqual([{}]);
    expect(await blank.items('firmware')).toEqual([{ vendor: 'INSYDE', type: 'bios' }]);
  });
});

describe('processors', () => {
  it('are counted by socket', async () => {
    const threads = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => [
      `processor\t: ${number}`,
      'vendor_id\t: GenuineIntel',
      'model name\t: Intel(R) Xeon(R)  Gold 6226R CPU @ 2.90GHz',
      `cpu MHz\t\t: ${1200 + number}.123`,
      `physical id\t: ${number % 2}`,
      `core id\t\t: ${Math.floor(number / 2) % 2}`,
    ]);
    const server = machine({
      files: {
        '/proc/cpuinfo': threads.map((lines) => lines.join('\n')).join('\n\n'),
        '/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq': '3900000\n',
      },
    });
    const one = { manufacturer: 'Intel', name: 'Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz', frequencyMhz: 3900 };
    expect(await server.items('processors')).toEqual([
      { ...one, socket: '0', cores: 2, threads: 4, architecture: 'x64' },
      { ...one, socket: '1', cores: 2, threads: 4, architecture: 'x64' },
    ]);
  });

  it('of ARM are named by lscpu', async () => {
    const cpuinfo = [0, 1].map((number) => `processor\t: ${number}\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n`);
    const files = { '/proc/cpuinfo': cpuinfo.join('\n') };
    const commands = { lscpu: 'Architecture:        aarch64\nModel name:          Cortex-A72\n' };
    expect(await machine({ architecture: 'arm64', files, commands }).items('processors')).toEqual([
      { manufacturer: 'ARM', name: 'Cortex-A72', socket: '0', cores: 2, threads: 2, architecture: 'arm64' },
    ]);
  });
});

describe('memory modules', () => {
  const texts = ['ChannelA-DIMM0', 'BANK 0', 'Samsung', '03C92B21', 'M471A2K43DB1-CWE   '] as const;
  const table = Buffer.concat([
    smbiosStructure(0, Buffer.alloc(20), ['Dell Inc.', '1.38.0']),
    memoryDevice({ size: 16_384, type: 0x1a, speed: 3200, texts }),
    memoryDevice({ size: 0, type: 2, speed: 0, texts: ['ChannelB-DIMM0', 'BANK 2', 'NO DIMM', 'NO DIMM', 'NO DIMM'] }),
    memoryDevice({
      size: 0x7fff,
      extended: 65_536,
      type: 0x22,
      speed: 4800,
      texts: ['A1', 'P0', 'Micron', '0', 'Unknown'],
    }),
    memoryDevice({ size: 0xffff, type: 0x1a, speed: 0xffff, texts: ['B1', '', '', '', ''] }),
    smbiosStructure(127, Buffer.alloc(0)),
  ]);

  it('are read from the SMBIOS table: empty slots are none', async () => {
    const items = await machine({ files: { '/sys/firmware/dmi/tables/DMI': table } }).items('memory-modules');
    const samsung = { manufacturer: 'Samsung', partNumber: 'M471A2K43DB1-CWE', serialNumber: '03C92B21' };
    expect(items).toEqual([
      { slot: 'BANK 0 ChannelA-DIMM0', sizeBytes: 16 * 2 ** 30, type: 'DDR4', speed: 3200, ...samsung },
      { slot: 'P0 A1', sizeBytes: 64 * 2 ** 30, type: 'DDR5', speed: 4800, manufacturer: 'Micron' },
      { slot: 'B1', type: 'DDR4' },
    ]);
  });

  it('are read from what udev kept of the table where it is for root only', async () => {
    const udev = [
      'E:MEMORY_ARRAY_NUM_DEVICES=2',
      'E:MEMORY_DEVICE_0_SIZE=17179869184',
      'E:MEMORY_DEVICE_0_LOCATOR=ChannelA-DIMM0',
      'E:MEMORY_DEVICE_0_BANK_LOCATOR=BANK 0',
      'E:MEMORY_DEVICE_0_TYPE=DDR4',
      'E:MEMORY_DEVICE_0_SPEED_MTS=3200',
      'E:MEMORY_DEVICE_0_MANUFACTURER=Samsung',
      'E:MEMORY_DEVICE_1_PRESENT=0',
      'E:MEMORY_DEVICE_1_LOCATOR=ChannelB-DIMM0',
    ];
    expect(await machine({ files: { '/run/udev/data/+dmi:id': udev.join('\n') } }).items('memory-modules')).toEqual([
      { slot: 'BANK 0 ChannelA-DIMM0', sizeBytes: 2 ** 34, type: 'DDR4', speed: 3200, manufacturer: 'Samsung' },
    ]);
  });

  it('of a table that is cut anywhere are those before the cut', async () => {
    const whole = await machine({ files: { '/sys/firmware/dmi/tables/DMI': table } }).items('memory-modules');
    for (let length = 0; length < table.length; length += 3) {
      const cut = machine({ files: { '/sys/firmware/dmi/tables/DMI': table.subarray(0, length) } });
      const items = await cut.items('memory-modules');
      // The last one may have lost texts.
      expect(items.slice(0, -1)).toEqual(whole.slice(0, Math.max(0, items.length - 1)));
      cut.remove();
    }
  });
});

describe('disks', () => {
  it('are read from sysfs and udev', async () => {
    const sata = '/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda';
    const nvme = '/sys/devices/pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1';
    const usb = '/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0/block/sdb';
    const recorded = machine({
      files: {
        [`${sata}/size`]: '976773168\n',
        [`${sata}/dev`]: '8:0\n',
        [`${sata}/queue/rotational`]: '1\n',
        [`${sata}/device/vendor`]: 'ATA     \n',
        [`${sata}/device/model`]: 'ST500DM002-1BD14\n',
        [`${sata}/device/vpd_pg80`]: Buffer.concat([
          Buffer.from([0, 0x80, 0, 20]),
          Buffer.from('            W3T1ABCD'),
        ]),
        [`${nvme}/size`]: '1000215216\n',
        [`${nvme}/dev`]: '259:0\n',
        [`${nvme}/queue/rotational`]: '0\n',
        [`${nvme}/device/model`]: 'Samsung SSD 980 PRO 512GB               \n',
        [`${nvme}/device/serial`]: 'S5GXNX0R123456      \n',
        [`${usb}/size`]: '0\n',
        '/run/udev/data/b8:0':
          'S:disk/by-id/ata-ST500DM002\nE:ID_SERIAL_SHORT=W3T1ABCD\nE:ID_MODEL=ST500DM002-1BD142\n',
      },
      links: {
        '/sys/block/sda': '../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda',
        '/sys/block/nvme0n1': '../devices/pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1',
        '/sys/block/sdb': '../devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0/block/sdb',
      },
    });
    recorded.record({
      files: { '/sys/block/loop0/size': '8\n', '/sys/block/dm-0/size': '8\n', '/sys/block/zram0/size': '8\n' },
    });
    expect(await recorded.items('disks')).toEqual([
      {
        name: '/dev/nvme0n1',
        model: 'Samsung SSD 980 PRO 512GB',
        serialNumber: 'S5GXNX0R123456',
        type: 'nvme',
        bus: 'nvme',
        sizeBytes: 512_110_190_592,
      },
      {
        name: '/dev/sda',
        model: 'ST500DM002-1BD14',
        serialNumber: 'W3T1ABCD',
        type: 'hdd',
        bus: 'sata',
        sizeBytes: 500_107_862_016,
      },
    ]);
    expect(Object.keys(await recorded.unreadable('disks'))).toEqual(['health of disks']);
  });
});

describe('volumes and their encryption', () => {
  /** LUKS on a partition, LVM in it, two logical volumes; a plain EFI partition; a network share; containers. */
  const recording: Recording = {
    files: {
      '/proc/self/mountinfo': [
        '22 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw,errors=remount-ro',
        '30 22 253:2 / /home rw,relatime shared:2 - ext4 /dev/mapper/vg-home rw',
        '31 22 253:1 /srv/data /mnt/bind rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw',
        '32 22 259:1 / /boot/efi rw,relatime shared:3 - vfat /dev/nvme0n1p1 rw,fmask=0077',
        '33 22 0:50 / /net/my\\040share ro,relatime shared:4 - nfs4 files:/export ro,vers=4.2',
        '34 22 0:21 / /proc rw - proc proc rw',
        '35 22 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro',
        '36 22 0:51 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw',
        'torn line',
      ].join('\n'),
      '/sys/class/block/dm-0/dm/uuid': 'CRYPT-LUKS2-1b2c3d4e5f60718293a4b5c6d7e8f901-cryptdisk\n',
      '/sys/class/block/dm-0/slaves/nvme0n1p3': '',
      '/sys/class/block/dm-1/dm/uuid': 'LVM-abcdefghijklmnop\n',
      '/sys/class/block/dm-1/slaves/dm-0': '',
      '/sys/class/block/dm-2/dm/uuid': 'LVM-qrstuvwxyzabcdef\n',
      '/sys/class/block/dm-2/slaves/dm-0': '',
      '/sys/class/block/dm-2/slaves/sdb1': '',
      '/run/udev/data/b253:1': 'E:ID_FS_UUID=0a1b2c3d-0000-4000-8000-000000000001\nE:ID_FS_LABEL_ENC=my\\x20root\n',
      '/sys/devices/virtual/block/dm-1/size': '1\n',
      '/sys/devices/virtual/block/dm-2/size': '1\n',
      '/sys/devices/pci/nvme0n1/nvme0n1p1/size': '1\n',
    },
    links: {
      '/sys/dev/block/253:1': '../../devices/virtual/block/dm-1',
      '/sys/dev/block/253:2': '../../devices/virtual/block/dm-2',
      '/sys/dev/block/259:1': '../../devices/pci/nvme0n1/nvme0n1p1',
    },
  };

  it('looks through LVM to dm-crypt, and shows each file system once', async () => {
    const recorded = machine(recording);
    const volumes = await recorded.items('volumes');
    expect(
      volumes.map(({ mountPoint, device, fileSystem, readOnly, encrypted }) => [
        mountPoint,
        device,
        fileSystem,
        readOnly,
        encrypted,
      ]),
    ).toEqual([
      ['/', '/dev/mapper/vg-root', 'ext4', false, true],
      ['/boot/efi', '/dev/nvme0n1p1', 'vfat', false, false],
      ['/home', '/dev/mapper/vg-home', 'ext4', false, true],
      ['/net/my share', 'files:/export', 'nfs4', true, undefined],
    ]);
    expect(volumes[0]).toMatchObject({ uuid: '0a1b2c3d-0000-4000-8000-000000000001', label: 'my root' });
    expect(await recorded.items('encryption')).toEqual([
      { volume: '/', state: 'on', method: 'LUKS2', system: true },
      { volume: '/boot/efi', state: 'off', system: false },
      { volume: '/home', state: 'partly', method: 'LUKS2', system: false },
    ]);
    expect(await recorded.unreadable('volumes')).toHaveProperty('size of network file systems');
  });

  it('does not know about the disk below a container', async () => {
    const container = machine({
      files: { '/proc/self/mountinfo': '1 0 0:40 / / rw - overlay overlay rw,lowerdir=/x' },
    });
    expect(await container.items('volumes')).toMatchObject([{ mountPoint: '/', fileSystem: 'overlay' }]);
    expect(await container.items('encryption')).toEqual([{ volume: '/', state: 'unknown', system: true }]);
    expect(await container.unreadable('encryption')).toEqual({
      'encryption of /': 'overlay shows no block device below it',
    });
  });
});

describe('controllers', () => {
  const files = {
    '/sys/bus/pci/devices/0000:00:02.0/vendor': '0x8086\n',
    '/sys/bus/pci/devices/0000:00:02.0/device': '0x9a49\n',
    '/sys/bus/pci/devices/0000:00:02.0/class': '0x030000\n',
    '/sys/bus/pci/devices/0000:00:14.0/vendor': '0x8086\n',
    '/sys/bus/pci/devices/0000:00:14.0/device': '0xa0ed\n',
    '/sys/bus/pci/devices/0000:00:14.0/class': '0x0c0330\n',
    '/sys/bus/usb/devices/1-2/idVendor': '046d\n',
    '/sys/bus/usb/devices/1-2/idProduct': 'c52b\n',
    '/sys/bus/usb/devices/1-2/bDeviceClass': '00\n',
    '/sys/bus/usb/devices/1-2/manufacturer': 'Logitech\n',
    '/sys/bus/usb/devices/1-2/product': 'USB Receiver\n',
    '/sys/bus/usb/devices/1-2:1.0/bInterfaceClass': '03\n',
    '/sys/bus/usb/devices/1-2/1-2:1.0/bInterfaceClass': '03\n',
  };
  const pciIds = [
    '# list',
    '8086  Intel Corporation',
    '\t9a49  TigerLake-LP GT2 [Iris Xe Graphics]',
    '\t\t1028 0a20  Latitude',
    '8087  Intel Corp.',
    '\ta0ed  Wrong vendor',
    'C 03  Display controller',
    '\t9a49  class',
  ];

  it('are named by pci.ids and by themselves', async () => {
    const recorded = machine({
      files: { ...files, '/usr/share/misc/pci.ids': pciIds.join('\n') },
      links: { '/sys/bus/pci/devices/0000:00:02.0/driver': '../../../bus/pci/drivers/i915' },
    });
    expect(await recorded.items('controllers')).toEqual([
      {
        bus: 'pci',
        address: '0000:00:02.0',
        type: 'graphics',
        vendor: 'Intel Corporation',
        name: 'TigerLake-LP GT2 [Iris Xe Graphics]',
        driver: 'i915',
      },
      { bus: 'pci', address: '0000:00:14.0', type: 'usb', vendor: 'Intel Corporation', name: '8086:a0ed' },
      { bus: 'usb', address: '1-2', type: 'input', vendor: 'Logitech', name: 'USB Receiver' },
    ]);
  });

  it('have numbers where the table is not there, which is said', async () => {
    const recorded = machine({ files });
    expect((await recorded.items('controllers'))[0]).toMatchObject({ name: '8086:9a49' });
    expect(await recorded.unreadable('controllers')).toHaveProperty('names of PCI devices');
  });
});

describe('monitors', () => {
  const dell = { vendor: 'DEL', product: 0xa0ee, serial: 1_111_576_908, year: 2019, width: 2560, height: 1440 };

  it('are read from EDID', async () => {
    const recorded = machine({
      files: {
        '/sys/class/drm/card1-DP-1/edid': edid({ ...dell, name: 'DELL U2719D', serialText: '7VKZ2W2' }),
        '/sys/class/drm/card1-eDP-1/edid': edid({
          ...dell,
          vendor: 'AUO',
          serial: 0,
          year: 2020,
          width: 1920,
          height: 1080,
        }),
        '/sys/class/drm/card1-HDMI-A-1/edid': '',
        '/sys/class/drm/version': 'drm 1.1.0\n',
      },
    });
    expect(await recorded.items('monitors')).toEqual([
      {
        vendor: 'DEL',
        model: 'DELL U2719D',
        serialNumber: '7VKZ2W2',
        connection: 'DP-1',
        resolution: '2560x1440',
        yearMade: 2019,
      },
      { vendor: 'AUO', model: 'A0EE', connection: 'eDP-1', resolution: '1920x1080', yearMade: 2020 },
    ]);
  });

  it('whose EDID is damaged are left out', async () => {
    const bytes = edid(dell);
    for (const at of [0, 9, 60, 127]) {
      const broken = Buffer.from(bytes);
      broken.writeUInt8(broken.readUInt8(at) ^ 0x55, at);
      expect(await machine({ files: { '/sys/class/drm/card0-DP-1/edid': broken } }).items('monitors')).toEqual([]);
    }
  });
});
