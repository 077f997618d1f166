import { numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

const MAKERS: Record<string, string> = { GenuineIntel: 'Intel', AuthenticAMD: 'AMD' };

export const windowsProcessors = source({
  section: 'processors',
  source: 'Win32_Processor',
  platforms: ['windows'],
  async collect(machine) {
    const properties = [
      'Manufacturer',
      'Name',
      'DeviceID',
      'NumberOfCores',
      'NumberOfLogicalProcessors',
      'MaxClockSpeed',
    ];
    const rows = await powershell(machine, cim('Win32_Processor', properties));
    const items = rows.map((row) => {
      const maker = textOf(row['Manufacturer']);
      return {
        manufacturer: maker && (MAKERS[maker] ?? maker),
        name: textOf(row['Name'])?.replaceAll(/\s+/g, ' '),
        socket: textOf(row['DeviceID']),
        cores: numberOf(row['NumberOfCores']),
        threads: numberOf(row['NumberOfLogicalProcessors']),
        frequencyMhz: numberOf(row['MaxClockSpeed']),
        architecture: machine.architecture,
      };
    });
    return { items, unreadable: [] };
  },
});
