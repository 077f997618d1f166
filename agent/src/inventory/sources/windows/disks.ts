import { numberOf, textOf } from '../../formats/json';
import { filledIn } from '../../formats/filled-in';
import { source } from '../../source';
import { cim, powershell } from './powershell';

/** MSFT_PhysicalDisk of the storage management API. */
const CLASS = '-Namespace root/Microsoft/Windows/Storage -ClassName MSFT_PhysicalDisk';
const MEDIA: Record<number, string> = { 3: 'hdd', 4: 'ssd', 5: 'persistent memory' };
const BUSES: Record<number, string> = {
  1: 'scsi',
  3: 'ata',
  7: 'usb',
  8: 'raid',
  9: 'iscsi',
  10: 'sas',
  11: 'sata',
  12: 'sd',
  13: 'mmc',
  15: 'virtual',
  16: 'storage space',
  17: 'nvme',
};
const HEALTH: Record<number, string> = { 0: 'healthy', 1: 'warning', 2: 'unhealthy' };

export const windowsDisks = source({
  section: 'disks',
  source: 'MSFT_PhysicalDisk',
  platforms: ['windows'],
  async collect(machine) {
    const properties = ['DeviceId', 'FriendlyName', 'Manufacturer', 'SerialNumber', 'MediaType', 'BusType', 'Size'];
    const rows = await powershell(machine, cim(CLASS, [...properties, 'HealthStatus']));
    const items = rows.map((row) => {
      const bus = BUSES[numberOf(row['BusType']) ?? -1];
      return {
        name: `\\\\.\\PHYSICALDRIVE${textOf(row['DeviceId']) ?? ''}`,
        vendor: filledIn(textOf(row['Manufacturer'])),
        model: filledIn(textOf(row['FriendlyName'])),
        serialNumber: filledIn(textOf(row['SerialNumber'])),
        type: bus === 'nvme' ? 'nvme' : MEDIA[numberOf(row['MediaType']) ?? 0],
        bus,
        sizeBytes: numberOf(row['Size']),
        health: HEALTH[numberOf(row['HealthStatus']) ?? -1],
      };
    });
    return { items, unreadable: [] };
  },
});
