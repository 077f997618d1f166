/**
 * Structures of an SMBIOS table (DMTF DSP0134), as `/sys/firmware/dmi/tables/DMI` has it: header with type, length and
 * handle, formatted area, then texts that end with NUL, and another NUL.
 */
export interface SmbiosStructure {
  type: number;
  /** Formatted area with its header; offsets are those of the specification. */
  data: Buffer;
  /** Text number as the specification counts, from 1. */
  text(offset: number): string | undefined;
}

/** Whole structures only: a table that is cut or wrong ends where it stops making sense. */
export function readSmbios(table: Buffer): SmbiosStructure[] {
  const structures: SmbiosStructure[] = [];
  for (let start = 0; start + 4 <= table.length;) {
    const length = table.readUInt8(start + 1);
    const end = start + length;
    if (length < 4 || end + 2 > table.length) break;
    let stop = end;
    while (stop + 1 < table.length && (table[stop] !== 0 || table[stop + 1] !== 0)) stop++;
    const data = table.subarray(start, end);
    const texts = table.toString('latin1', end, stop).split('\0');
    structures.push({
      type: table.readUInt8(start),
      data,
      text: (offset) => {
        const number = offset < data.length ? data.readUInt8(offset) : 0;
        return number > 0 ? texts[number - 1]?.trim() || undefined : undefined;
      },
    });
    // 127: end of table.
    if (table[start] === 127) break;
    start = stop + 2;
  }
  return structures;
}

/** Chassis types (DSP0134 7.4.1) in the words of the contract. */
const CHASSIS: Record<number, string> = {
  3: 'desktop',
  4: 'desktop',
  5: 'desktop',
  6: 'desktop',
  7: 'desktop',
  8: 'laptop',
  9: 'laptop',
  10: 'laptop',
  11: 'handheld',
  13: 'all-in-one',
  14: 'laptop',
  15: 'desktop',
  16: 'desktop',
  17: 'server',
  23: 'server',
  25: 'server',
  28: 'blade',
  29: 'blade enclosure',
  30: 'tablet',
  31: 'convertible',
  32: 'detachable',
  33: 'gateway',
  34: 'embedded',
  35: 'mini computer',
  36: 'stick computer',
};
/** The highest bit says that there is a lock. */
export const chassisName = (type: number): string | undefined => CHASSIS[type & 0x7f];

/** Memory device types (DSP0134 7.18.2). */
const MEMORY_TYPES: Record<number, string> = {
  0x0f: 'SDRAM',
  0x12: 'DDR',
  0x13: 'DDR2',
  0x14: 'DDR2 FB-DIMM',
  0x18: 'DDR3',
  0x1a: 'DDR4',
  0x1b: 'LPDDR',
  0x1c: 'LPDDR2',
  0x1d: 'LPDDR3',
  0x1e: 'LPDDR4',
  0x1f: 'Logical non-volatile device',
  0x20: 'HBM',
  0x21: 'HBM2',
  0x22: 'DDR5',
  0x23: 'LPDDR5',
  0x24: 'HBM3',
};
export const memoryTypeName = (type: number): string | undefined => MEMORY_TYPES[type];
