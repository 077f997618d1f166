import { basename } from 'node:path/posix';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { namesOf } from './hardware-ids';

const DEVICES = '/sys/bus/pci/devices';
const TABLES = [
  '/usr/share/hwdata/pci.ids',
  '/usr/share/misc/pci.ids',
  '/usr/share/pci.ids',
  '/var/lib/pciutils/pci.ids',
];
/** PCI base classes, and the subclasses that are a kind of their own. */
const TYPES: Record<string, string> = {
  '01': 'storage',
  '02': 'network',
  '0280': 'wireless',
  '03': 'graphics',
  '04': 'multimedia',
  '0401': 'audio',
  '0403': 'audio',
  '05': 'memory',
  '06': 'bridge',
  '07': 'communication',
  '08': 'system',
  '09': 'input',
  '0c': 'serial bus',
  '0c03': 'usb',
  '0d': 'wireless',
  '10': 'encryption',
  '11': 'signal processing',
  '12': 'accelerator',
};

/** Everything on PCI, named by pci.ids where a system has that table. */
export const linuxPci = source({
  section: 'controllers',
  source: 'pci',
  keys: 'pci|',
  platforms: ['linux'],
  async collect(machine) {
    const addresses = await machine.files.names(DEVICES);
    const devices = (await Promise.all(addresses.map((address) => readDevice(machine, address)))).flat();
    const { found, names } = await namesOf(machine, TABLES, devices);
    const items = devices.map((device): Found<'controllers'> => {
      const named = names.get(`${device.vendor}:${device.device}`);
      return {
        bus: 'pci',
        address: device.address,
        type: TYPES[device.kind] ?? TYPES[device.kind.slice(0, 2)] ?? 'other',
        vendor: named?.vendor,
        name: named?.device ?? `${device.vendor}:${device.device}`,
        driver: device.driver,
      };
    });
    const why = 'the table pci.ids is not on this device (package pci.ids or hwdata); their numbers are given';
    return { items, unreadable: items.length > 0 && !found ? [{ what: 'names of PCI devices', why }] : [] };
  },
});

interface PciDevice {
  address: string;
  vendor: string;
  device: string;
  kind: string;
  driver?: string;
}

async function readDevice({ files }: Machine, address: string): Promise<PciDevice[]> {
  const folder = `${DEVICES}/${address}`;
  const [vendor, device, kind, driver] = await Promise.all([
    files.text(`${folder}/vendor`),
    files.text(`${folder}/device`),
    files.text(`${folder}/class`),
    files.link(`${folder}/driver`),
  ]);
  if (!vendor || !device) return [];
  const bare = (text: string): string => text.replace(/^0x/, '').toLowerCase();
  return [
    {
      address,
      vendor: bare(vendor),
      device: bare(device),
      kind: bare(kind ?? '').slice(0, 4),
      driver: driver && basename(driver),
    },
  ];
}
