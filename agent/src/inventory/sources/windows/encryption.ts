import { numberOf, textOf } from '../../formats/json';
import type { ProtectionState } from '@muster/contracts';
import { source } from '../../source';
import { cim, powershell } from './powershell';

const CLASS = '-Namespace root/CIMV2/Security/MicrosoftVolumeEncryption -ClassName Win32_EncryptableVolume';
/** `VolumeType` 0 is the volume that the operating system starts from. */
const SYSTEM = 0;

/** BitLocker. `ConversionStatus`: 0 decrypted, 1 encrypted, others on the way; `ProtectionStatus`: 1 keys are protected. */
export const windowsEncryption = source({
  section: 'encryption',
  source: 'Win32_EncryptableVolume',
  platforms: ['windows'],
  async collect(machine) {
    if (!machine.privileged) return { items: [], unreadable: [{ what: 'BitLocker', why: 'needs an administrator' }] };
    const properties = ['DriveLetter', 'DeviceID', 'ProtectionStatus', 'ConversionStatus', 'VolumeType'];
    const rows = await powershell(machine, cim(CLASS, properties));
    const items = rows.map((row) => {
      const state = stateOf(numberOf(row['ProtectionStatus']), numberOf(row['ConversionStatus']));
      return {
        volume: textOf(row['DriveLetter']) ?? textOf(row['DeviceID']) ?? '',
        state,
        method: state === 'off' || state === 'unknown' ? undefined : 'BitLocker',
        system: numberOf(row['VolumeType']) === SYSTEM,
      };
    });
    return { items, unreadable: [] };
  },
});

function stateOf(protection: number | undefined, conversion: number | undefined): ProtectionState {
  // 2: a locked volume does not tell.
  if (protection === undefined || protection === 2) return 'unknown';
  if (protection === 1) return conversion === undefined || conversion === 1 ? 'on' : 'partly';
  // Encrypted with a key that lies in the open: protection is suspended.
  return conversion === undefined || conversion === 0 ? 'off' : 'partly';
}
