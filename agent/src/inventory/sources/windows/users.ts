import { flagOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

const LOCAL = "Win32_UserAccount -Filter 'LocalAccount = TRUE'";
/** By its number: the name of the group is translated. */
const ADMINISTRATORS = `Get-LocalGroupMember -SID 'S-1-5-32-544' | Select-Object @{n='SID';e={$_.SID.Value}}`;

/** Local accounts. Those of a domain are the domain's; who of them administers this device shows in the group only. */
export const windowsUsers = source({
  section: 'users',
  source: 'Win32_UserAccount',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(machine, cim(LOCAL, ['Name', 'SID', 'FullName', 'Disabled']));
    const members = await powershell(machine, ADMINISTRATORS).catch(() => undefined);
    const administrators = members && new Set(members.map((row) => textOf(row['SID'])));
    const items = rows.map((row) => ({
      name: textOf(row['Name']) ?? '',
      id: textOf(row['SID']),
      fullName: textOf(row['FullName']),
      administrator: administrators?.has(textOf(row['SID'])),
      disabled: flagOf(row['Disabled']),
    }));
    const why = 'Get-LocalGroupMember failed: members that no longer exist make it fail';
    return { items, unreadable: administrators ? [] : [{ what: 'who is an administrator', why }] };
  },
});
