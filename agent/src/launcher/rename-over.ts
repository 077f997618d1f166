import { renameSync } from 'node:fs';

const TRIES = 20;
const WAIT_MS = 50;
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Renames, over what has that name. Windows refuses that while anybody has the file open, as virus scanners and readers
 * of a state file have for a moment: there it is tried again for a second. @throws the system's error
 */
export function renameOver(
  from: string,
  to: string,
  platform: NodeJS.Platform = process.platform,
  rename: (from: string, to: string) => void = renameSync,
): void {
  for (let left = platform === 'win32' ? TRIES : 1; ; left--) {
    try {
      return rename(from, to);
    } catch (error) {
      if (left <= 1 || !BUSY.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
  }
}
