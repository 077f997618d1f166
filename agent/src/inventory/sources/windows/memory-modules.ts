import { numberOf, textOf } from '../../formats/json';
import { filledIn } from '../../formats/filled-in';
import { memoryTypeName } from '../../formats/smbios';
import { source } from '../../source';
import { cim, powershell } from './powershell';

export const windowsMemoryModules = source({
  section: 'memory-modules',
  source: 'Win32_PhysicalMemory',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(
      machine,
      cim('Win32_PhysicalMemory', [
        ...['BankLabel', 'DeviceLocator', 'Capacity', 'SMBIOSMemoryType', 'Speed'],
        ...['Manufacturer', 'PartNumber', 'SerialNumber'],
      ]),
    );
    const items = rows.map((row) => ({
      slot: [textOf(row['BankLabel']), textOf(row['DeviceLocator'])].filter(Boolean).join(' ') || undefined,
      sizeBytes: numberOf(row['Capacity']),
      type: memoryTypeName(numberOf(row['SMBIOSMemoryType']) ?? 0),
      speed: numberOf(row['Speed']) || undefined,
      manufacturer: filledIn(textOf(row['Manufacturer'])),
      partNumber: filledIn(textOf(row['PartNumber'])),
      serialNumber: filledIn(textOf(row['SerialNumber'])),
    }));
    return { items, unreadable: [] };
  },
});
