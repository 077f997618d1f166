import { numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

/** D3DKMDT_VIDEO_OUTPUT_TECHNOLOGY. */
const CONNECTIONS: Record<number, string> = {
  0: 'VGA',
  4: 'DVI',
  5: 'HDMI',
  6: 'LVDS',
  10: 'DisplayPort',
  11: 'internal',
  2147483648: 'internal',
};

export const windowsMonitors = source({
  section: 'monitors',
  source: 'WmiMonitorID',
  platforms: ['windows'],
  async collect(machine) {
    const names = ['InstanceName', 'ManufacturerName', 'UserFriendlyName', 'ProductCodeID', 'SerialNumberID'];
    const rows = await powershell(
      machine,
      cim('-Namespace root/wmi -ClassName WmiMonitorID', [...names, 'YearOfManufacture']),
    );
    const outputs = await powershell(
      machine,
      cim('-Namespace root/wmi -ClassName WmiMonitorConnectionParams', ['InstanceName', 'VideoOutputTechnology']),
    );
    const technology = new Map(outputs.map((row) => [row['InstanceName'], numberOf(row['VideoOutputTechnology'])]));
    const items = rows.map((row) => {
      const serialNumber = codes(row['SerialNumberID']);
      return {
        vendor: codes(row['ManufacturerName']),
        model: codes(row['UserFriendlyName']) ?? codes(row['ProductCodeID']),
        serialNumber: serialNumber === '0' ? undefined : serialNumber,
        connection: CONNECTIONS[technology.get(row['InstanceName']) ?? -1],
        yearMade: numberOf(row['YearOfManufacture']),
      };
    });
    return { items, unreadable: [] };
  },
});

/** Texts are lists of character codes, filled up with 0. */
function codes(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const characters = value.filter((code): code is number => typeof code === 'number' && code > 0 && code < 0x10000);
  return textOf(String.fromCharCode(...characters.slice(0, 200)));
}
