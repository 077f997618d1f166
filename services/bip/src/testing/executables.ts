/** Processors of Mach-O files (`machine.h`). */
export const [X64, ARM64, POWERPC] = [0x01000007, 0x0100000c, 0x01000012];

/** A 64-bit little-endian ELF file with one segment, which is loaded at an address of its own, and these libraries. */
export function elf(machine: number, libraries: readonly string[]): Buffer {
  const [headers, dynamic, address] = [64, 64 + 2 * 56, 0x400000];
  const strings = Buffer.from(`\0${libraries.map((name) => `${name}\0`).join('')}`, 'latin1');
  const entries: Array<[tag: number, value: number]> = [];
  let at = 1;
  for (const name of libraries) {
    entries.push([1, at]);
    at += name.length + 1;
  }
  const stringsAt = dynamic + (entries.length + 2) * 16;
  entries.push([5, address + stringsAt], [0, 0]);
  const file = Buffer.alloc(stringsAt + strings.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(BigInt(headers), 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (place: number, type: number, offset: number, bytes: number): void => {
    file.writeUInt32LE(type, headers + place * 56);
    [offset, address + offset, 0, bytes].forEach((value, index) =>
      file.writeBigUInt64LE(BigInt(value), headers + place * 56 + 8 + index * 8),
    );
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, dynamic, entries.length * 16);
  entries.forEach(([tag, value], place) => {
    file.writeBigUInt64LE(BigInt(tag), dynamic + place * 16);
    file.writeBigUInt64LE(BigInt(value), dynamic + place * 16 + 8);
  });
  strings.copy(file, stringsAt);
  return file;
}
/** The headers of a 64-bit Windows program. */
export function pe(machine: number, characteristics = 0x22, optional = 0x20b): Buffer {
  const file = Buffer.alloc(256);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(128, 0x3c);
  file.write('PE\0\0', 128, 'latin1');
  file.writeUInt16LE(machine, 132);
  file.writeUInt16LE(characteristics, 150);
  file.writeUInt16LE(optional, 152);
  return file;
}
/** The header of a 64-bit macOS program. */
export function macho(processor: number, type = 2): Buffer {
  const file = Buffer.alloc(64);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(processor, 4);
  file.writeUInt32LE(type, 12);
  return file;
}
/** One Mach-O file for each processor, behind a table of them with 32-bit or 64-bit offsets. */
export function universal(programs: readonly Buffer[], wide = false): Buffer {
  const width = wide ? 32 : 20;
  const begin = 8 + width * programs.length;
  const head = Buffer.alloc(begin);
  head.writeUInt32BE(wide ? 0xcafebabf : 0xcafebabe, 0);
  head.writeUInt32BE(programs.length, 4);
  programs.forEach((program, place) => {
    const at = 8 + place * width;
    head.writeUInt32BE(program.readUInt32LE(4), at);
    if (wide) head.writeBigUInt64BE(BigInt(begin + place * 64), at + 8);
    else head.writeUInt32BE(begin + place * 64, at + 8);
  });
  return Buffer.concat([head, ...programs]);
}
