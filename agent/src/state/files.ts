import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { renameOver } from '../launcher/rename-over';

/** Replaces a file so that a crash leaves either the old or the new content, never a mixture. */
export function replaceFile(path: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const descriptor = openSync(draft, 'w', mode);
  try {
    writeAll(descriptor, Buffer.from(content, 'utf8'));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameOver(draft, path);
  syncFolder(dirname(path));
}

/** A write may take less than it was given (a full disk does). @throws the system's error when nothing more fits */
export function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
}

/** Makes a rename in this folder survive a power cut. Folders cannot be opened on Windows, and need not be. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Cuts a file to its first bytes, on the disk when this returns. By its name, since Windows does not cut by a descriptor that
 * was opened to append; what is appended by one afterwards goes to the new end.
 */
export function cutFile(path: string, bytes: number): void {
  const descriptor = openSync(path, 'r+');
  try {
    ftruncateSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function removeFile(path: string): void {
  rmSync(path, { force: true, recursive: true });
}

/** Removes a folder unless it is in use, as Windows has it while a process that a script left behind works in it. */
export function removeUnlessUsed(path: string): void {
  try {
    removeFile(path);
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  }
}
