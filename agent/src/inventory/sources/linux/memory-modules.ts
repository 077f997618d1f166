import { readUdev } from '../../formats/pairs';
import { memoryTypeName, readSmbios, type SmbiosStructure } from '../../formats/smbios';
import { type Found, source } from '../../source';
import { filledIn } from '../../formats/filled-in';

const TABLE = '/sys/firmware/dmi/tables/DMI';
/** udev (systemd 248 and later) reads the table as root at start and keeps it for all to read. */
const UDEV = '/run/udev/data/+dmi:id';
type Module = Found<'memory-modules'>;

/** SMBIOS structure 17 for each slot that holds something: from the table itself, or from what udev read of it. */
export const linuxMemoryModules = source({
  section: 'memory-modules',
  source: 'smbios',
  platforms: ['linux'],
  async collect({ files }) {
    const table = await files.bytes(TABLE);
    if (table) return { items: readSmbios(table).flatMap(moduleOf), unreadable: [] };
    const udev = readUdev((await files.text(UDEV)) ?? '');
    if (udev.has('MEMORY_ARRAY_NUM_DEVICES')) return { items: udevModules(udev), unreadable: [] };
    const why = (await files.why(TABLE)) ?? `this system shows no firmware table: no ${TABLE}`;
    return { items: [], unreadable: [{ what: 'memory modules', why }] };
  },
});

/** Offsets of DSP0134 7.18. Sizes: 0 empty, 0xffff unknown, 0x7fff in the extended field, highest bit kilobytes. */
function moduleOf({ type, data, text }: SmbiosStructure): Module[] {
  if (type !== 17 || data.length < 0x15) return [];
  const size = data.readUInt16LE(0x0c);
  if (size === 0) return [];
  const extended = size === 0x7fff && data.length >= 0x20 ? data.readUInt32LE(0x1c) & 0x7fffffff : 0;
  const bytes = size & 0x8000 ? (size & 0x7fff) * 1024 : size * 1024 ** 2;
  const speed = data.length >= 0x17 ? data.readUInt16LE(0x15) : 0;
  const module = {
    slot: [text(0x11), text(0x10)].filter(Boolean).join(' ') || undefined,
    sizeBytes: size === 0xffff ? undefined : extended ? extended * 1024 ** 2 : bytes,
    type: memoryTypeName(data.readUInt8(0x12)),
    speed: speed > 0 && speed < 0xffff ? speed : undefined,
    manufacturer: filledIn(text(0x17)),
    serialNumber: filledIn(text(0x18)),
    partNumber: filledIn(text(0x1a)),
  };
  return [module];
}

function udevModules(udev: ReadonlyMap<string, string>): Module[] {
  const count = Math.min(Number(udev.get('MEMORY_ARRAY_NUM_DEVICES')) || 0, 1024);
  return Array.from({ length: count }, (_, index): Module[] => {
    const read = (name: string): string | undefined => udev.get(`MEMORY_DEVICE_${index}_${name}`);
    if (read('PRESENT') === '0' || read('SIZE') === undefined) return [];
    return [
      {
        slot: [read('BANK_LOCATOR'), read('LOCATOR')].filter(Boolean).join(' ') || undefined,
        sizeBytes: Number(read('SIZE')),
        type: read('TYPE'),
        speed: Number(read('SPEED_MTS')) || undefined,
        manufacturer: filledIn(read('MANUFACTURER')),
        serialNumber: filledIn(read('SERIAL_NUMBER')),
        partNumber: filledIn(read('PART_NUMBER')),
      },
    ];
  }).flat();
}
