import type { InstallerPlatform } from '@muster/contracts';

/** Reads a part of a file; fewer bytes at its end. */
export type ReadAt = (offset: number, bytes: number) => Promise<Buffer>;

export interface Executable {
  platform: InstallerPlatform;
  /** Names of the shared libraries that it is linked to (ELF only). */
  libraries: string[];
}

/**
 * Tells what an executable runs on, from its own header: ELF (System V ABI, chapters 4 and 5), PE (Microsoft's "PE
 * Format") or Mach-O (Apple's `loader.h`). A path in a configuration may name anything.
 * @throws Error with a sentence for an administrator
 */
export async function readExecutable(read: ReadAt): Promise<Executable> {
  const head = await read(0, 64);
  const magic = head.length < 64 ? 0 : head.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf(head, read);
  if (magic >>> 16 === 0x4d5a) return readPe(head, read);
  if (magic === 0xcffaedfe) return { platform: named('macos', MACHO[head.readUInt32LE(4)]), libraries: [] };
  throw new Error('it is not a program for 64-bit Linux, Windows or macOS');
}

const ELF: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };
const PE: Readonly<Record<number, string>> = { 0x8664: 'x64', 0xaa64: 'arm64' };
const MACHO: Readonly<Record<number, string>> = { 0x01000007: 'x64', 0x0100000c: 'arm64' };

function named(system: 'linux' | 'windows' | 'macos', processor: string | undefined): InstallerPlatform {
  if (processor !== 'x64' && processor !== 'arm64') throw new Error('it is for another processor than x64 or arm64');
  return `${system}-${processor}`;
}

async function readPe(head: Buffer, read: ReadAt): Promise<Executable> {
  const coff = await read(head.readUInt32LE(0x3c), 6);
  if (coff.length < 6 || coff.toString('latin1', 0, 4) !== 'PE\0\0') throw new Error('it is not a Windows program');
  return { platform: named('windows', PE[coff.readUInt16LE(4)]), libraries: [] };
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
  if (!dynamic) return { platform, libraries: [] };
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
  return { platform, libraries: await Promise.all(libraries) };
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
