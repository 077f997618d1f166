import type { InstallerPlatform } from '@muster/contracts';

/** Reads a part of a file; fewer bytes at its end. */
export type ReadAt = (offset: number, bytes: number) => Promise<Buffer>;

export interface Executable {
  /** One, or those of a universal Mach-O file. */
  platforms: InstallerPlatform[];
  /** Names of the shared libraries that it is linked to (ELF only). */
  libraries: string[];
}

/**
 * Tells what an executable runs on, from its own header: ELF (System V ABI, chapters 4 and 5), PE (Microsoft's "PE
 * Format") or Mach-O (Apple's `loader.h` and `fat.h`). Libraries and drivers have such headers too. A path in a configuration may name anything.
 * @throws Error with a sentence for an administrator
 */
export async function readExecutable(read: ReadAt): Promise<Executable> {
  const head = await read(0, 64);
  const magic = head.length < 64 ? 0 : head.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf(head, read);
  if (magic >>> 16 === 0x4d5a) return readPe(head, read);
  if (magic === 0xcffaedfe) return { platforms: [machOPlatform(head)], libraries: [] };
  if (magic === 0xcafebabe || magic === 0xcafebabf) return readUniversal(head, read);
  throw new Error('it is not a program for 64-bit Linux, Windows or macOS');
}

const ELF: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };
const PE: Readonly<Record<number, string>> = { 0x8664: 'x64', 0xaa64: 'arm64' };
const MACHO: Readonly<Record<number, string>> = { 0x01000007: 'x64', 0x0100000c: 'arm64' };

function named(system: 'linux' | 'windows' | 'macos', processor: string | undefined): InstallerPlatform {
  if (processor !== 'x64' && processor !== 'arm64') throw new Error('it is for another processor than x64 or arm64');
  return `${system}-${processor}`;
}

const PE_IMAGE = { executable: 0x0002, library: 0x2000, plus: 0x20b } as const;

async function readPe(head: Buffer, read: ReadAt): Promise<Executable> {
  const coff = await read(head.readUInt32LE(0x3c), 26);
  const why = 'it is not a 64-bit Windows program';
  if (coff.length < 26 || coff.toString('latin1', 0, 4) !== 'PE\0\0') throw new Error(why);
  const platform = named('windows', PE[coff.readUInt16LE(4)]);
  const kind = coff.readUInt16LE(22) & (PE_IMAGE.executable | PE_IMAGE.library);
  if (kind !== PE_IMAGE.executable || coff.readUInt16LE(24) !== PE_IMAGE.plus) throw new Error(why);
  return { platforms: [platform], libraries: [] };
}

const MH_EXECUTE = 2;
/** Java's classes begin like universal files, with their version in the place of the count: it is 45 at least. */
const MOST_PROCESSORS = 16;

function machOPlatform(head: Buffer): InstallerPlatform {
  const platform = named('macos', MACHO[head.readUInt32LE(4)]);
  if (head.readUInt32LE(12) !== MH_EXECUTE) throw new Error('it is not a macOS program');
  return platform;
}

/** Several programs in one file, each for a processor of its own; those for others than x64 and arm64 do not matter. */
async function readUniversal(head: Buffer, read: ReadAt): Promise<Executable> {
  const [wide, count] = [head.readUInt32BE(0) === 0xcafebabf, head.readUInt32BE(4)];
  if (count > MOST_PROCESSORS) throw new Error('it is not a program for 64-bit Linux, Windows or macOS');
  const width = wide ? 32 : 20;
  const table = await read(8, width * count);
  const platforms: InstallerPlatform[] = [];
  for (let at = 0; at + width <= table.length; at += width) {
    if (MACHO[table.readUInt32BE(at)] === undefined) continue;
    const begin = await read(wide ? Number(table.readBigUInt64BE(at + 8)) : table.readUInt32BE(at + 8), 64);
    if (begin.length < 64 || begin.readUInt32BE(0) !== 0xcffaedfe) throw new Error('its header is damaged');
    platforms.push(machOPlatform(begin));
  }
  if (platforms.length === 0) throw new Error('it is for another processor than x64 or arm64');
  return { platforms, libraries: [] };
}

const MOST_HEADERS = 64;
const MOST_DYNAMIC = 64 * 1024;
const PT = { load: 1, dynamic: 2 } as const;
const DT = { end: 0, needed: 1, strings: 5 } as const;

async function readElf(head: Buffer, read: ReadAt): Promise<Executable> {
  // EI_CLASS 2: 64-bit; EI_DATA 1: little-endian; x64 and arm64 are both.
  if (head[4] !== 2 || head[5] !== 1) throw new Error('it is not a 64-bit Linux program');
  const platform = named('linux', ELF[head.readUInt16LE(18)]);
  const [width, count] = [head.readUInt16LE(54), Math.min(head.readUInt16LE(56), MOST_HEADERS)];
  if (width < 56) throw new Error('its header is damaged');
  const table = await read(Number(head.readBigUInt64LE(32)), width * count);
  const segments = Array.from({ length: Math.floor(table.length / width) }, (_, place) => {
    const at = (offset: number): number => Number(table.readBigUInt64LE(place * width + offset));
    return { type: table.readUInt32LE(place * width), offset: at(8), address: at(16), bytes: at(32) };
  });
  const dynamic = segments.find(({ type }) => type === PT.dynamic);
  if (!dynamic) return { platforms: [platform], libraries: [] };
  const entries = dynamicEntries(await read(dynamic.offset, Math.min(dynamic.bytes, MOST_DYNAMIC)));
  const valueOf = (wanted: number): number => entries.find(([tag]) => tag === wanted)?.[1] ?? 0;
  const address = valueOf(DT.strings);
  const holder = segments.find(
    (segment) => segment.type === PT.load && segment.address <= address && address < segment.address + segment.bytes,
  );
  if (!holder) throw new Error('its header is damaged');
  const strings = holder.offset + address - holder.address;
  const libraries = entries
    .filter(([tag]) => tag === DT.needed)
    .map(async ([, offset]) => {
      const name = await read(strings + offset, 256);
      return name.toString('latin1', 0, Math.max(0, name.indexOf(0)));
    });
  return { platforms: [platform], libraries: await Promise.all(libraries) };
}

function dynamicEntries(bytes: Buffer): Array<[tag: number, value: number]> {
  const entries: Array<[number, number]> = [];
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const tag = Number(bytes.readBigUInt64LE(at));
    if (tag === DT.end) break;
    entries.push([tag, Number(bytes.readBigUInt64LE(at + 8))]);
  }
  return entries;
}
