import { numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

/** Removable and fixed disks; not network drives, optical media and memory (Win32_Volume.DriveType). */
const FILTER = "Win32_Volume -Filter 'DriveType = 2 OR DriveType = 3'";

/** Volumes with a file system. Whether they are encrypted is in the section encryption: it needs an administrator. */
export const windowsVolumes = source({
  section: 'volumes',
  source: 'Win32_Volume',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(machine, cim(FILTER, ['Name', 'DeviceID', 'Label', 'FileSystem', 'Capacity']));
    const items = rows.flatMap((row) => {
      const device = textOf(row['DeviceID']);
      const mountPoint = textOf(row['Name']) ?? device;
      if (!mountPoint || !textOf(row['FileSystem'])) return [];
      return [
        {
          mountPoint,
          device,
          fileSystem: textOf(row['FileSystem']),
          label: textOf(row['Label']),
          uuid: /\{([0-9a-f-]{36})\}/i.exec(device ?? '')?.[1]?.toLowerCase(),
          sizeBytes: numberOf(row['Capacity']),
        },
      ];
    });
    return { items, unreadable: [] };
  },
});
