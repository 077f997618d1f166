import { numberOf, textOf } from '../../formats/json';
import { filledIn } from '../../formats/filled-in';
import { source } from '../../source';
import { cim, powershell } from './powershell';

const CONTROL = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control';
/** `PEFirmwareType`: 1 BIOS, 2 UEFI. The state of secure boot is there on UEFI only, and needs no administrator. */
const REGISTRY = `[pscustomobject]@{
  Type = (Get-ItemProperty '${CONTROL}').PEFirmwareType
  SecureBoot = (Get-ItemProperty '${CONTROL}\\SecureBoot\\State' -ErrorAction SilentlyContinue).UEFISecureBootEnabled
}`;

export const windowsFirmware = source({
  section: 'firmware',
  source: 'Win32_BIOS',
  platforms: ['windows'],
  async collect(machine) {
    const [bios = {}] = await powershell(
      machine,
      cim('Win32_BIOS', ['Manufacturer', 'SMBIOSBIOSVersion'], ['ReleaseDate']),
    );
    const [registry = {}] = await powershell(machine, REGISTRY);
    const secureBoot = numberOf(registry['SecureBoot']);
    const item = {
      vendor: filledIn(textOf(bios['Manufacturer'])),
      version: filledIn(textOf(bios['SMBIOSBIOSVersion'])),
      releasedAt: textOf(bios['ReleaseDate'])?.slice(0, 10),
      type: { 1: 'bios', 2: 'uefi' }[numberOf(registry['Type']) ?? 0],
      secureBoot: secureBoot === undefined ? undefined : secureBoot === 1,
    };
    return { items: [item], unreadable: [] };
  },
});
