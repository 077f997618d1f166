/**
 * Parts of zip archives: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16
 * (its end). Sizes and checksums are known before anything is sent, so that no data descriptors are needed; files are below
 * 4 GiB, so that Zip64 is not either.
 */
export interface ZipEntry {
  /** Relative, with `/`; a folder's ends with one. ASCII. */
  name: string;
  /** Permission bits, for who unpacks it on a system that has some. */
  mode: number;
  /** CRC-32 of the content. */
  crc32: number;
  /** Of the content, in bytes. */
  bytes: number;
  /** Of what stands in the archive. */
  compressedBytes: number;
}

const STORED = 0;
const DEFLATED = 8;
const VERSION = 20; // folders and DEFLATE
const UNIX = 3;
const MOST = 0xffffffff;
const [FILE, FOLDER] = [0o100000, 0o040000];
/** The extra field that holds the time in UTC: the one in the header is the local time of wherever it is read. */
const UTC = 0x5455;

const isFolder = ({ name }: ZipEntry): boolean => name.endsWith('/');

/** What stands before the content of an entry. @throws RangeError for what would need Zip64 */
export function zipLocalHeader(entry: ZipEntry, mtime: number): Buffer {
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(0x04034b50, 0);
  aboutEntry(entry, mtime).copy(fixed, 4);
  return Buffer.concat([fixed, Buffer.from(entry.name, 'latin1'), utc(mtime)]);
}

/** The entry in the central directory. @param offset of its local header */
export function zipDirectoryEntry(entry: ZipEntry, mtime: number, offset: number): Buffer {
  if (offset > MOST) throw new RangeError('the archive is too long for zip');
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(0x02014b50, 0);
  fixed.writeUInt16LE((UNIX << 8) | VERSION, 4);
  aboutEntry(entry, mtime).copy(fixed, 6);
  const type = isFolder(entry) ? FOLDER : FILE;
  // Unix' mode above, the attribute "directory" of DOS below.
  fixed.writeUInt32LE((((type | entry.mode) << 16) | (isFolder(entry) ? 0x10 : 0)) >>> 0, 38);
  fixed.writeUInt32LE(offset, 42);
  return Buffer.concat([fixed, Buffer.from(entry.name, 'latin1'), utc(mtime)]);
}

export function zipEnd(entries: number, directory: { offset: number; bytes: number }): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(directory.bytes, 12);
  end.writeUInt32LE(directory.offset, 16);
  return end;
}

/** The 26 bytes that both headers share, from "version needed" to "extra field length". */
function aboutEntry({ name, crc32, bytes, compressedBytes }: ZipEntry, mtime: number): Buffer {
  if (bytes > MOST || compressedBytes > MOST) throw new RangeError(`${name} is too long for zip`);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(VERSION, 0);
  about.writeUInt16LE(bytes === 0 ? STORED : DEFLATED, 4);
  about.writeUInt32LE(dosTime(mtime), 6);
  about.writeUInt32LE(crc32, 10);
  about.writeUInt32LE(compressedBytes, 14);
  about.writeUInt32LE(bytes, 18);
  about.writeUInt16LE(name.length, 22);
  about.writeUInt16LE(utc(mtime).length, 24);
  return about;
}

/** Two seconds' steps since 1980, date in the upper half (APPNOTE 4.4.6). */
function dosTime(mtime: number): number {
  const time = new Date(mtime * 1000);
  const date = (Math.max(0, time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}

/** Info-ZIP's "extended timestamp", with the time of modification alone; local and central alike. */
function utc(mtime: number): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(UTC, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(1, 4);
  field.writeUInt32LE(mtime, 5);
  return field;
}
