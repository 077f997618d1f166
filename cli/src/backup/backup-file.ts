import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { ArchiveWriter } from './archive/archive-writer';
import { COST, type HeaderFacts } from './sealed/header';
import { SealedWriter } from './sealed/sealed-writer';

/**
 * Writes a backup whole or not at all: into `<file>.part`, which is on the disk before it gets its name, and is removed
 * when anything fails. @returns the file's length in bytes
 * @throws CliError when the file is there already or cannot be written, as on a disk that is full; whatever `fill` throws
 */
export async function writeBackupFile(
  path: string,
  facts: HeaderFacts,
  passphrase: string,
  fill: (archive: ArchiveWriter) => Promise<void>,
  cost = COST,
): Promise<number> {
  if (existsSync(path)) throw new CliError(EXIT.cannotCreate, `${path} is there already.`, 'Choose another name.');
  const part = `${path}.part`;
  const letGo = removedWhenStopped(part);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(part, { force: true }); // of a run that was cut off
    const file = await open(part, 'wx', 0o600);
    try {
      const sealed = await SealedWriter.begin(file, facts, passphrase, cost);
      const archive = new ArchiveWriter(sealed);
      await fill(archive);
      await archive.end();
      await sealed.end();
      await file.sync();
      await refuseStranger(part, (await file.stat()).ino);
      await rename(part, path);
      await syncFolder(dirname(path));
      return sealed.bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof Taken)) await rm(part, { force: true }).catch(() => undefined);
    throw inWords(error, path);
  } finally {
    letGo();
  }
}

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Whoever stops the program does not want half a backup. @returns what ends that */
function removedWhenStopped(part: string): () => void {
  const listeners = Object.entries(SIGNALS).map(([signal, code]) => {
    const listener = (): never => {
      rmSync(part, { force: true });
      process.exit(code);
    };
    process.once(signal, listener);
    return [signal, listener] as const;
  });
  return () => listeners.forEach(([signal, listener]) => process.off(signal, listener));
}

class Taken extends Error {}

/** Two runs for one name at once: the later took the place, and the earlier must not give it the name unfinished. */
async function refuseStranger(part: string, ino: number): Promise<void> {
  const there = await stat(part).catch(() => undefined);
  if (there?.ino !== ino) throw new Taken('another backup is being written to this file');
}

/** The new name is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function inWords(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof Taken) return new CliError(EXIT.later, `${error.message}: ${path}.`, 'Wait until it is done.');
  // Reading fails in other words, of whoever read.
  if (code === undefined || !['write', 'open', 'mkdir', 'fsync', 'ftruncate', 'rename'].includes(syscall ?? ''))
    return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CliError(
      EXIT.cannotCreate,
      `The disk of ${dirname(path)} is full: no backup was made, and what had been written of it was removed.`,
      'Free some space there, or keep fewer backups (--keep).',
      { cause: error },
    );
  }
  return new CliError(EXIT.cannotCreate, `${path} cannot be written (${code}).`, undefined, { cause: error });
}
