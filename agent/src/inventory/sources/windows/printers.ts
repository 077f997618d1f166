import { flagOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

export const windowsPrinters = source({
  section: 'printers',
  source: 'Win32_Printer',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(
      machine,
      cim('Win32_Printer', ['Name', 'DriverName', 'PortName', 'Default', 'Shared']),
    );
    const items = rows.map((row) => ({
      name: textOf(row['Name']) ?? '',
      model: textOf(row['DriverName']),
      address: textOf(row['PortName']),
      isDefault: flagOf(row['Default']),
      shared: flagOf(row['Shared']),
    }));
    return { items, unreadable: [] };
  },
});
