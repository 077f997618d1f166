import { flagOf, numberOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

const REGISTRY = `Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion' |
  Select-Object DisplayVersion,UBR,@{n='TimeZone';e={(Get-TimeZone).Id}},@{n='Locale';e={(Get-Culture).Name}}`;

export const windowsOperatingSystem = source({
  section: 'operating-system',
  source: 'Win32_OperatingSystem',
  platforms: ['windows'],
  async collect(machine) {
    const [system = {}] = await powershell(
      machine,
      cim('Win32_OperatingSystem', ['Caption', 'Version', 'BuildNumber', 'CSName'], ['InstallDate']),
    );
    const [computer = {}] = await powershell(machine, cim('Win32_ComputerSystem', ['Domain', 'PartOfDomain']));
    const [registry = {}] = await powershell(machine, REGISTRY);
    const build = textOf(system['BuildNumber']);
    const revision = numberOf(registry['UBR']);
    const item = {
      name: textOf(system['Caption']) ?? 'Windows',
      version: textOf(registry['DisplayVersion']) ?? textOf(system['Version']),
      build: build && revision !== undefined ? `${build}.${revision}` : build,
      kernel: textOf(system['Version']),
      architecture: machine.architecture,
      hostName: textOf(system['CSName']),
      // Without a domain this is the name of a workgroup.
      domain: flagOf(computer['PartOfDomain']) ? textOf(computer['Domain']) : undefined,
      timeZone: textOf(registry['TimeZone']),
      locale: textOf(registry['Locale']),
      installedAt: textOf(system['InstallDate']),
    };
    return { items: [item], unreadable: [] };
  },
});
