import { createHash } from 'node:crypto';
import type { ArchiveEntry } from '../formats/tar';

/** Something that a package puts on a device. */
export interface PackageFile extends ArchiveEntry {
  bytes: number;
  /** Absent of what is not a file, and of Node.js, which is never in memory whole. */
  content?: Buffer;
  sha256: string;
  md5: string;
  /**
   * `settings`: what an administrator may change on the device; package managers ask before they replace it.
   * `secret`: belongs to one key and is removed once used, so that it may be missing.
   * `system`: a folder that every system has, and that belongs to its own packages.
   */
  role?: 'settings' | 'secret' | 'system';
}

const digest = (algorithm: 'sha256' | 'md5', content: Buffer): string =>
  createHash(algorithm).update(content).digest('hex');

export function file(path: string, content: Buffer | string, mode = 0o644): PackageFile {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const digests = { sha256: digest('sha256', bytes), md5: digest('md5', bytes) };
  return { path, kind: 'file', mode, bytes: length, content: bytes, ...digests };
}
export const folder = (path: string, mode = 0o755): PackageFile => ({
  path,
  kind: 'folder',
  mode,
  bytes: 0,
  sha256: '',
  md5: '',
});
/** Folders that are there already; dpkg wants them in the archive all the same, and rpm does not. */
export const systemFolders = (...paths: string[]): PackageFile[] =>
  paths.map((path) => ({ ...folder(path), role: 'system' }));
export const link = (path: string, target: string): PackageFile => ({
  path,
  kind: 'link',
  mode: 0o777,
  bytes: 0,
  target,
  sha256: '',
  md5: '',
});
