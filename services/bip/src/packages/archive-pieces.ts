import { CPIO_END, cpioHeader, cpioPadding } from '../formats/cpio';
import { TAR_END, tarHeader, tarPadding } from '../formats/tar';
import type { PackageFile } from './package-file';

/** How an archive is written: what stands before an entry's content, what after it, and what at the end. */
export interface ArchiveFormat {
  header(entry: PackageFile, place: number): Buffer;
  padding(bytes: number): Buffer;
  end: Buffer;
}

export const tarFormat = (mtime: number): ArchiveFormat => ({
  header: (entry) => tarHeader(entry, mtime),
  padding: tarPadding,
  end: TAR_END,
});
/** rpm wants entries of its own inode numbers, beginning with 1. */
export const cpioFormat = (mtime: number): ArchiveFormat => ({
  header: (entry, place) => cpioHeader(entry, place + 1, mtime),
  padding: cpioPadding,
  end: CPIO_END,
});

/** Entries whose contents are in memory, as the archive has them. */
export const entriesIn = (format: ArchiveFormat, files: readonly PackageFile[], from: number): Buffer =>
  Buffer.concat(
    files.flatMap((entry, place) => [
      format.header(entry, from + place),
      entry.content ?? Buffer.alloc(0),
      format.padding(entry.content?.length ?? 0),
    ]),
  );
