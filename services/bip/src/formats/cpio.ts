import type { ArchiveEntry } from './tar';

/** Headers of cpio archives in the "new ASCII" format (cpio(5), magic 070701), which the payload of an `.rpm` is. */
const FILE_TYPES = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const TRAILER = 'TRAILER!!!';

/** `st_mode` of an entry: type and permission bits. */
export const modeOf = ({ kind, mode }: ArchiveEntry): number => FILE_TYPES[kind] | mode;
/** What cpio and rpm count as the length of an entry: of a link, its target. */
export const lengthOf = ({ kind, bytes = 0, target = '' }: ArchiveEntry): number =>
  kind === 'link' ? Buffer.byteLength(target) : kind === 'file' ? bytes : 0;

/** Header and name of an entry, and of a link its target; a file's content follows, and `cpioPadding` after it. */
export function cpioHeader(entry: ArchiveEntry, inode: number, mtime: number): Buffer {
  const head = header(`.${entry.path}`, {
    inode,
    mode: modeOf(entry),
    links: entry.kind === 'folder' ? 2 : 1,
    mtime,
    bytes: lengthOf(entry),
  });
  if (entry.kind !== 'link') return head;
  const target = Buffer.from(entry.target ?? '', 'utf8');
  return Buffer.concat([head, target, cpioPadding(target.length)]);
}

export const CPIO_END = header(TRAILER, { inode: 0, mode: 0, links: 1, mtime: 0, bytes: 0 });

export function cpioPadding(bytes: number): Buffer {
  return Buffer.alloc((4 - (bytes % 4)) % 4);
}

interface Numbers {
  inode: number;
  mode: number;
  links: number;
  mtime: number;
  bytes: number;
}
function header(path: string, { inode, mode, links, mtime, bytes }: Numbers): Buffer {
  const name = Buffer.from(`${path}\0`, 'utf8');
  // inode, mode, uid, gid, links, mtime, length, device (2), special device (2), length of the name, checksum
  const numbers = [inode, mode, 0, 0, links, mtime, bytes, 0, 0, 0, 0, name.length, 0];
  const head = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([Buffer.from(head, 'latin1'), name, cpioPadding(head.length + name.length)]);
}
