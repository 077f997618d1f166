import { textOf } from '../../formats/json';
import { filledIn } from '../../formats/filled-in';
import { source } from '../../source';
import { flattened, memoryBytes, profile } from './system-profiler';

/** Modules in slots, or one entry for memory that is part of Apple's chips. */
export const macMemoryModules = source({
  section: 'memory-modules',
  source: 'SPMemoryDataType',
  platforms: ['macos'],
  async collect(machine) {
    const items = flattened(await profile(machine, 'SPMemoryDataType')).flatMap((entry) => {
      const size = memoryBytes(textOf(entry['dimm_size']) ?? textOf(entry['SPMemoryDataType']));
      if (size === undefined) return [];
      const [, speed] = /^(\d+) (?:MHz|MT\/s)$/.exec(textOf(entry['dimm_speed']) ?? '') ?? [];
      return [
        {
          slot: textOf(entry['_name']),
          sizeBytes: size,
          type: textOf(entry['dimm_type']),
          speed: speed ? Number(speed) : undefined,
          manufacturer: filledIn(textOf(entry['dimm_manufacturer'])),
          partNumber: filledIn(textOf(entry['dimm_part_number'])),
          serialNumber: filledIn(textOf(entry['dimm_serial_number'])),
        },
      ];
    });
    return { items, unreadable: [] };
  },
});
