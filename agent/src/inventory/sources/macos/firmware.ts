import { textOf } from '../../formats/json';
import { source } from '../../source';
import { profile } from './system-profiler';

export const macFirmware = source({
  section: 'firmware',
  source: 'SPHardwareDataType',
  platforms: ['macos'],
  async collect(machine) {
    const [about = {}] = await profile(machine, 'SPHardwareDataType');
    const version = textOf(about['boot_rom_version']);
    const why = 'macOS tells it in its recovery system only';
    return { items: version ? [{ vendor: 'Apple Inc.', version }] : [], unreadable: [{ what: 'secure boot', why }] };
  },
});
