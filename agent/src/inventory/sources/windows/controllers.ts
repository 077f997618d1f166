import { textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

/** Classes of the device manager that are controllers and devices of interest. */
const TYPES: Record<string, string> = {
  Display: 'graphics',
  Net: 'network',
  HDC: 'storage',
  SCSIAdapter: 'storage',
  USB: 'usb',
  MEDIA: 'audio',
  Bluetooth: 'wireless',
  Camera: 'camera',
  Image: 'camera',
  Biometric: 'biometric',
  SmartCardReader: 'smart card',
};
const FILTER = `Win32_PnPEntity -Filter "${Object.keys(TYPES)
  .map((name) => `PNPClass = '${name}'`)
  .join(' OR ')}"`;

export const windowsControllers = source({
  section: 'controllers',
  source: 'Win32_PnPEntity',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(machine, cim(FILTER, ['PNPDeviceID', 'Name', 'Manufacturer', 'PNPClass', 'Service']));
    const items = rows.flatMap((row) => {
      const address = textOf(row['PNPDeviceID']);
      const bus = /^(PCI|USB)\\/i.exec(address ?? '')?.[1]?.toLowerCase();
      // Others are made of software.
      if (!bus) return [];
      const type = TYPES[textOf(row['PNPClass']) ?? ''];
      return [
        {
          bus,
          address,
          type,
          vendor: textOf(row['Manufacturer']),
          name: textOf(row['Name']),
          driver: textOf(row['Service']),
        },
      ];
    });
    return { items, unreadable: [] };
  },
});
