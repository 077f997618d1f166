import { source } from '../../source';
import { readDmi } from './dmi';

/** Four bytes of attributes, then the value (UEFI 2.10, 8.2; `SecureBoot` in 3.3). */
const SECURE_BOOT = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

/** Version of the firmware from SMBIOS, secure boot from the variable that the firmware sets. */
export const linuxFirmware = source({
  section: 'firmware',
  source: 'dmi',
  platforms: ['linux'],
  async collect(machine) {
    const { files } = machine;
    const [vendor, version, releasedAt] = await Promise.all(
      ['bios_vendor', 'bios_version', 'bios_date'].map((name) => readDmi(machine, name)),
    );
    const uefi = (await files.stat('/sys/firmware/efi')) !== undefined;
    const secureBoot = uefi ? await files.bytes(SECURE_BOOT) : undefined;
    const item = {
      vendor,
      version,
      releasedAt,
      type: uefi ? 'uefi' : vendor || version ? 'bios' : undefined,
      secureBoot: secureBoot?.length === 5 ? secureBoot[4] === 1 : undefined,
    };
    const unreadable = [];
    if (!vendor && !version)
      unreadable.push({ what: 'firmware version', why: 'this system shows no firmware table: no /sys/class/dmi/id' });
    if (uefi && item.secureBoot === undefined)
      unreadable.push({ what: 'secure boot', why: (await files.why(SECURE_BOOT)) ?? `not there: ${SECURE_BOOT}` });
    return { items: item.type ? [item] : [], unreadable };
  },
});
