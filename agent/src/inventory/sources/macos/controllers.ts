import { textOf } from '../../formats/json';
import { source } from '../../source';
import { flattened, profile, word } from './system-profiler';

export const macControllers = source({
  section: 'controllers',
  source: 'SPUSBDataType',
  platforms: ['macos'],
  async collect(machine) {
    const usb = flattened(await profile(machine, 'SPUSBDataType')).flatMap((entry) => {
      // Hubs of the chip itself have no product number.
      if (!textOf(entry['product_id'])) return [];
      const [address] = (textOf(entry['location_id']) ?? '').split(' ');
      return [
        {
          bus: 'usb',
          address: address || undefined,
          type: 'usb',
          vendor: textOf(entry['manufacturer']),
          name: textOf(entry['_name']),
        },
      ];
    });
    const graphics = (await profile(machine, 'SPDisplaysDataType')).map((entry) => ({
      bus: word(textOf(entry['sppci_bus'])),
      type: 'graphics',
      vendor: word(textOf(entry['spdisplays_vendor']))?.replace(/^vendor_/, ''),
      name: textOf(entry['sppci_model']) ?? textOf(entry['_name']),
    }));
    // From macOS 26 on, another data type with other names has them.
    const why = 'this version of macOS tells them in a way that is not read yet';
    return { items: [...graphics, ...usb], unreadable: usb.length > 0 ? [] : [{ what: 'devices on USB', why }] };
  },
});
