import { numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { profile } from './system-profiler';

export const macVolumes = source({
  section: 'volumes',
  source: 'SPStorageDataType',
  platforms: ['macos'],
  async collect(machine) {
    const items = (await profile(machine, 'SPStorageDataType')).flatMap((entry) => {
      const mountPoint = textOf(entry['mount_point']);
      if (!mountPoint) return [];
      const device = textOf(entry['bsd_name']);
      return [
        {
          mountPoint,
          device: device && `/dev/${device}`,
          fileSystem: textOf(entry['file_system']),
          label: textOf(entry['_name']),
          uuid: textOf(entry['volume_uuid'])?.toLowerCase(),
          sizeBytes: numberOf(entry['size_in_bytes']),
          readOnly: entry['writable'] === undefined ? undefined : entry['writable'] === 'no',
        },
      ];
    });
    return { items, unreadable: [] };
  },
});
