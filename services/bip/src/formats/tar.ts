/**
 * Headers of tar archives: POSIX.1-1988 `ustar` (IEEE Std 1003.1, pax, "ustar Interchange Format"), which dpkg, GNU tar
 * and busybox read alike. Everything belongs to root. Contents are the caller's to add, padded to whole blocks.
 */
const BLOCK = 512;

export interface ArchiveEntry {
  /** Absolute path on the device, without a slash at the end. */
  path: string;
  kind: 'file' | 'folder' | 'link';
  /** Permission bits. */
  mode: number;
  /** Length of a file's content in bytes. */
  bytes?: number;
  /** Where a symbolic link leads. */
  target?: string;
}

const TYPES = { file: '0', folder: '5', link: '2' } as const;

/** One header block. @throws RangeError when the path or the link is longer than the fields take */
export function tarHeader(entry: ArchiveEntry, mtime: number): Buffer {
  const { path, kind, mode, bytes = 0, target = '' } = entry;
  const name = `.${path}${kind === 'folder' ? '/' : ''}`;
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(target) > 100)
    throw new RangeError(`${path} is too long for tar`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108); // uid
  block.write(octal(0, 8), 116); // gid
  block.write(octal(bytes, 12), 124);
  block.write(octal(mtime, 12), 136);
  block.write(' '.repeat(8), 148); // the checksum counts as blanks in itself
  block.write(TYPES[kind], 156);
  block.write(target, 157);
  block.write('ustar\0' + '00', 257);
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Zeros that fill a content of this length up to whole blocks. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);
