import { createHash, type Hash } from 'node:crypto';
import { type ArchiveFormat, entriesIn } from './archive-pieces';
import type { PackageFile } from './package-file';
import { bytesOf, contents, gzipped, type Piece } from './pieces';

/** What packages of one platform and archive format have in common: nearly all of it, compressed once. */
export class SharedArchive {
  private constructor(
    readonly files: readonly PackageFile[],
    private readonly format: ArchiveFormat,
    private readonly level: number,
    private readonly pieces: readonly Piece[],
    private readonly digested: Hash,
  ) {}

  /** @param node Node.js itself, compressed; its entry comes last among `before` */
  static async make(
    format: ArchiveFormat,
    level: number,
    {
      before,
      node,
      after,
    }: { before: PackageFile[]; node?: { file: PackageFile; compressed: Piece }; after: PackageFile[] },
  ): Promise<SharedArchive> {
    const head = entriesIn(format, before, 0);
    const rest = entriesIn(format, after, before.length + (node ? 1 : 0));
    const pieces = node
      ? [
          await gzipped(Buffer.concat([head, format.header(node.file, before.length)]), level),
          node.compressed,
          await gzipped(Buffer.concat([format.padding(node.file.bytes), rest]), level),
        ]
      : [await gzipped(Buffer.concat([head, rest]), level)];
    const digested = createHash('sha256');
    for await (const chunk of contents(pieces)) digested.update(chunk);
    return new SharedArchive([...before, ...(node ? [node.file] : []), ...after], format, level, pieces, digested);
  }

  /** The whole archive with these files at its end. */
  async with(own: readonly PackageFile[]): Promise<FinishedArchive> {
    const rest = entriesIn(this.format, own, this.files.length);
    const end = await gzipped(Buffer.concat([rest, this.format.end]), this.level);
    const pieces = [...this.pieces, end];
    // Where hashing of the large part ended, it goes on: a package costs its own kilobyte.
    const sha256 = this.digested.copy().update(end).digest('hex');
    return { files: [...this.files, ...own], pieces, bytes: bytesOf(pieces), sha256 };
  }
}

/** An archive that is ready to be sent. */
export interface FinishedArchive {
  files: readonly PackageFile[];
  pieces: readonly Piece[];
  /** Compressed. */
  bytes: number;
  sha256: string;
}
