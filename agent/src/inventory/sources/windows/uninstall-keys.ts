import { numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { powershell } from './powershell';

const KEY = 'SOFTWARE\\{0}Microsoft\\Windows\\CurrentVersion\\Uninstall\\*';
const PLACES = [
  `Registry::HKEY_LOCAL_MACHINE\\${KEY.replace('{0}', '')}`,
  `Registry::HKEY_LOCAL_MACHINE\\${KEY.replace('{0}', 'WOW6432Node\\')}`,
  // Hives of users that are signed in.
  `Registry::HKEY_USERS\\*\\${KEY.replace('{0}', '')}`,
];
const EXPRESSION = `Get-ItemProperty ${PLACES.map((place) => `'${place}'`).join(',')} -ErrorAction SilentlyContinue |
  Where-Object { $_.DisplayName -and -not $_.SystemComponent -and -not $_.ParentKeyName } |
  Select-Object PSPath,DisplayName,DisplayVersion,Publisher,EstimatedSize,InstallDate`;

/** Programs as "Installed apps" shows them: the registry's uninstall keys, 64 and 32 bits, of the device and of users. */
export const uninstallKeys = source({
  section: 'software',
  source: 'uninstall-keys',
  keys: 'windows|',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(machine, EXPRESSION);
    const items = rows.map((row) => {
      const path = textOf(row['PSPath']) ?? '';
      const [, user] = /HKEY_USERS\\([^\\]+)\\/i.exec(path) ?? [];
      const kilobytes = numberOf(row['EstimatedSize']);
      return {
        source: 'windows' as const,
        name: textOf(row['DisplayName']) ?? '',
        version: textOf(row['DisplayVersion']) ?? '',
        architecture: /\\WOW6432Node\\/i.test(path) ? 'x86' : user ? undefined : machine.architecture,
        publisher: textOf(row['Publisher']),
        scope: user,
        sizeBytes: kilobytes === undefined ? undefined : kilobytes * 1024,
        installedAt: dayOf(textOf(row['InstallDate'])),
      };
    });
    const why = 'registry hives of users who are not signed in are not loaded';
    return { items, unreadable: [{ what: 'programs of other users', why }] };
  },
});

/** `20240131`, as Windows Installer writes it; others write what they like. */
function dayOf(text: string | undefined): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text ?? '') ?? [];
  return year ? `${year}-${month}-${day}T00:00:00.000Z` : undefined;
}
