import { rowsOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { profile, word } from './system-profiler';

export const macMonitors = source({
  section: 'monitors',
  source: 'SPDisplaysDataType',
  platforms: ['macos'],
  async collect(machine) {
    const graphics = await profile(machine, 'SPDisplaysDataType');
    const items = graphics
      .flatMap((card) => rowsOf(card['spdisplays_ndrvs']))
      .map((entry) => {
        const pixels = textOf(entry['_spdisplays_pixels']) ?? textOf(entry['spdisplays_pixels']);
        const serialNumber = textOf(entry['_spdisplays_display-serial-number']);
        const year = Number(textOf(entry['_spdisplays_display-year']));
        return {
          model: textOf(entry['_name']),
          // The second is what built-in displays all have.
          serialNumber: serialNumber === '0' || serialNumber === 'fd626d62' ? undefined : serialNumber,
          connection: word(textOf(entry['spdisplays_connection_type'])),
          resolution: pixels?.replaceAll(' ', ''),
          yearMade: year > 1989 ? year : undefined,
        };
      });
    return { items, unreadable: [] };
  },
});
