import { basename } from 'node:path/posix';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { namesOf } from './hardware-ids';

const DEVICES = '/sys/bus/usb/devices';
const TABLES = ['/usr/share/hwdata/usb.ids', '/usr/share/misc/usb.ids', '/var/lib/usbutils/usb.ids'];
/** USB-IF class codes, of the device or of its first interface. */
const TYPES: Record<string, string> = {
  '01': 'audio',
  '02': 'communication',
  '03': 'input',
  '06': 'camera',
  '07': 'printer',
  '08': 'storage',
  '09': 'usb hub',
  '0a': 'communication',
  '0b': 'smart card',
  '0d': 'security',
  '0e': 'camera',
  '11': 'billboard',
  e0: 'wireless',
};

/** Devices on USB. They say their names themselves; usb.ids helps where they do not. */
export const linuxUsb = source({
  section: 'controllers',
  source: 'usb',
  keys: 'usb|',
  platforms: ['linux'],
  async collect(machine) {
    // Interfaces of devices have a colon in their names.
    const addresses = (await machine.files.names(DEVICES)).filter((name) => !name.includes(':'));
    const devices = (await Promise.all(addresses.map((address) => readDevice(machine, address)))).flat();
    const { names } = await namesOf(machine, TABLES, devices);
    const items = devices.map((device): Found<'controllers'> => {
      const named = names.get(`${device.vendor}:${device.device}`);
      return {
        bus: 'usb',
        address: device.address,
        type: TYPES[device.kind] ?? 'other',
        vendor: device.maker ?? named?.vendor,
        name: device.product ?? named?.device ?? `${device.vendor}:${device.device}`,
        driver: device.driver,
      };
    });
    return { items, unreadable: [] };
  },
});

interface UsbDevice {
  address: string;
  vendor: string;
  device: string;
  kind: string;
  maker?: string;
  product?: string;
  driver?: string;
}

async function readDevice({ files }: Machine, address: string): Promise<UsbDevice[]> {
  const folder = `${DEVICES}/${address}`;
  const interfaceFolder = `${folder}/${address.startsWith('usb') ? `${address.slice(3)}-0` : address}:1.0`;
  const [vendor, device, kind, ownKind, maker, product, driver] = await Promise.all([
    files.text(`${folder}/idVendor`),
    files.text(`${folder}/idProduct`),
    files.text(`${folder}/bDeviceClass`),
    files.text(`${interfaceFolder}/bInterfaceClass`),
    files.text(`${folder}/manufacturer`),
    files.text(`${folder}/product`),
    files.link(`${interfaceFolder}/driver`),
  ]);
  if (!vendor || !device) return [];
  const told = kind && !['00', 'ef', 'ff'].includes(kind) ? kind : ownKind;
  return [{ address, vendor, device, kind: told ?? '', maker, product, driver: driver && basename(driver) }];
}
