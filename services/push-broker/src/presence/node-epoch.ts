import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The number of this start of the node: its time in milliseconds, and always more than that of the start before, even
 * when the clock was set back. On disk before it is used. @throws when the folder cannot be written
 */
export function nextEpoch(folder: string, now: number): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'epoch');
  const epoch = Math.max(now, lastEpoch(file) + 1);
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  writeSync(descriptor, `${epoch}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${file}.new`, file);
  return epoch;
}

function lastEpoch(file: string): number {
  try {
    const epoch = Number(readFileSync(file, 'utf8').trim());
    return Number.isSafeInteger(epoch) && epoch > 0 ? epoch : 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
