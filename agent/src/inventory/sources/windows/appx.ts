import { textOf } from '../../formats/json';
import { source } from '../../source';
import { powershell } from './powershell';

const PROPERTIES = "Name,Version,Publisher,@{n='Architecture';e={[string]$_.Architecture}}";
const MAKER = /(?:^|,\s*)(?:O|CN)=("[^"]*"|[^,]*)/;

/** Packages of the store (MSIX): of all users where the agent may, else of its own. */
export const appx = source({
  section: 'software',
  source: 'appx',
  keys: 'appx|',
  platforms: ['windows'],
  async collect(machine) {
    const all = machine.privileged ? ' -AllUsers' : '';
    const rows = await powershell(
      machine,
      `Get-AppxPackage${all} | Where-Object { -not $_.IsFramework } | Select-Object ${PROPERTIES}`,
    );
    const items = rows.map((row) => ({
      source: 'appx' as const,
      name: textOf(row['Name']) ?? '',
      version: textOf(row['Version']) ?? '',
      architecture: textOf(row['Architecture'])?.toLowerCase(),
      publisher: MAKER.exec(textOf(row['Publisher']) ?? '')?.[1]?.replaceAll('"', ''),
    }));
    return {
      items,
      unreadable: machine.privileged ? [] : [{ what: "other users' store packages", why: 'needs an administrator' }],
    };
  },
});
