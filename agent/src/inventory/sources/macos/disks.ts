import { numberOf, type Row, textOf } from '../../formats/json';
import { source } from '../../source';
import { flattened, profile } from './system-profiler';

/** Whole disks on NVMe and SATA. Those on USB show as volumes and controllers. */
export const macDisks = source({
  section: 'disks',
  source: 'SPNVMeDataType',
  platforms: ['macos'],
  async collect(machine) {
    const nvme = flattened(await profile(machine, 'SPNVMeDataType')).flatMap((entry) => diskOf(entry, 'nvme'));
    const sata = flattened(await profile(machine, 'SPSerialATADataType')).flatMap((entry) => diskOf(entry, 'sata'));
    return {
      items: [...nvme, ...sata],
      unreadable: [{ what: 'disks on USB', why: 'told as controllers and volumes only' }],
    };
  },
});

function diskOf(entry: Row, bus: 'nvme' | 'sata') {
  const name = textOf(entry['bsd_name']);
  // Controllers and partitions are in the same lists.
  if (!name || !/^disk\d+$/.test(name) || textOf(entry['device_model']) === undefined) return [];
  const solid = textOf(entry['spsata_medium_type']) === 'Solid State';
  return [
    {
      name: `/dev/${name}`,
      model: textOf(entry['device_model']),
      serialNumber: textOf(entry['device_serial']),
      type: bus === 'nvme' ? 'nvme' : solid ? 'ssd' : 'hdd',
      bus,
      sizeBytes: numberOf(entry['size_in_bytes']),
      health: textOf(entry['smart_status'])?.toLowerCase(),
    },
  ];
}
