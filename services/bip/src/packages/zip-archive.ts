import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { zipDirectoryEntry, type ZipEntry, zipEnd, zipLocalHeader } from '../formats/zip';
import type { PackageFile } from './package-file';
import { bytesOf, type Piece } from './pieces';

const deflated = promisify<Buffer, { level: number }, Buffer>(deflateRaw);

/** An entry with what stands in the archive of it. */
interface Packed {
  entry: ZipEntry;
  content: Piece;
}

/** What all archives of one platform have in common, compressed once; what is a key's own is added to it. */
export class ZipArchive {
  private constructor(
    private readonly mtime: number,
    private readonly level: number,
    private readonly shared: readonly Packed[],
  ) {}

  /** @param node Node.js as one gzip member, whose DEFLATE stream an archive takes as it is */
  static async make(
    { mtime, level }: { mtime: number; level: number },
    files: readonly PackageFile[],
    node: { file: PackageFile; compressed: Piece },
  ): Promise<ZipArchive> {
    const packed = await Promise.all(files.map((one) => inMemory(one, level)));
    return new ZipArchive(mtime, level, [await fromMember(node.file, node.compressed), ...packed]);
  }

  async with(own: readonly PackageFile[]): Promise<Piece[]> {
    const packed = [...this.shared, ...(await Promise.all(own.map((one) => inMemory(one, this.level))))];
    const [pieces, directory]: [Piece[], Buffer[]] = [[], []];
    let offset = 0;
    for (const { entry, content } of packed) {
      const header = zipLocalHeader(entry, this.mtime);
      directory.push(zipDirectoryEntry(entry, this.mtime, offset));
      pieces.push(header, content);
      offset += header.length + entry.compressedBytes;
    }
    const central = Buffer.concat(directory);
    return [...pieces, central, zipEnd(packed.length, { offset, bytes: central.length })];
  }
}

/** Archives have names relative to where they are unpacked. */
const nameOf = ({ path, kind }: PackageFile): string => `${path.slice(1)}${kind === 'folder' ? '/' : ''}`;

async function inMemory(file: PackageFile, level: number): Promise<Packed> {
  const content = file.content ?? Buffer.alloc(0);
  const packed = content.length === 0 ? content : await deflated(content, { level });
  const { mode, bytes } = file;
  return {
    entry: { name: nameOf(file), mode, bytes, crc32: crc32(content), compressedBytes: packed.length },
    content: packed,
  };
}

/** Of a member as zlib writes it (RFC 1952): ten bytes, the DEFLATE stream, its CRC-32 and length. */
const MEMBER = { head: 10, tail: 8 } as const;

async function fromMember(file: PackageFile, member: Piece): Promise<Packed> {
  if (Buffer.isBuffer(member)) throw new TypeError('Node.js is expected to be a file');
  const head = Buffer.alloc(MEMBER.head);
  await member.file.read(head, 0, MEMBER.head, 0);
  // 1f 8b, DEFLATE, and no optional fields, which would make the head longer.
  if (head.readUInt32BE(0) !== 0x1f8b0800) throw new Error('the compressed Node.js is not one plain gzip member');
  const tail = Buffer.alloc(MEMBER.tail);
  await member.file.read(tail, 0, MEMBER.tail, bytesOf([member]) - MEMBER.tail);
  const compressedBytes = member.bytes - MEMBER.head - MEMBER.tail;
  const { mode, bytes } = file;
  return {
    entry: { name: nameOf(file), mode, bytes, crc32: tail.readUInt32LE(0), compressedBytes },
    content: { file: member.file, from: MEMBER.head, bytes: compressedBytes },
  };
}
