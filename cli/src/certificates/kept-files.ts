import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { place } from '../setup/server-files';

/** A file as it shall be; without a text it shall not be. */
export interface FileChange {
  file: string;
  text?: string;
}

interface KeptFile {
  file: string;
  /** Absent: there was none. */
  before?: { text: Buffer; mode: number; uid: number; gid: number };
}

/** Replacements whose files are kept. */
const KEPT_AT_MOST = 10;

/**
 * Files that were replaced together, with what they were before: in memory, to put them back, and aside on disk, for the
 * administrator. The folder is the administrator's alone, since private keys are among them.
 */
export class KeptFiles {
  private constructor(
    /** Where the files from before are; undefined when there were none. */
    readonly folder: string | undefined,
    private readonly kept: readonly KeptFile[],
  ) {}

  /**
   * Keeps and replaces, in the order of the changes. When one cannot be written, all are as they were.
   * @param aside folder in which a new one with the time in its name is made
   * @throws Error of the file system
   */
  static replace(changes: readonly FileChange[], aside: string, now = new Date()): KeptFiles {
    const kept = changes.map(({ file }) => remember(file));
    const folder = setAside(kept, join(aside, now.toISOString().replaceAll(':', '-')));
    const files = new KeptFiles(folder, kept);
    try {
      for (const { file, text } of changes) {
        if (text === undefined) rmSync(file, { force: true });
        else place(file, text);
      }
    } catch (error) {
      files.putBack();
      throw error;
    }
    tidyUp(aside);
    return files;
  }

  /** Everything as it was, owners and modes too; in the opposite order. */
  putBack(): void {
    for (const { file, before } of [...this.kept].reverse()) {
      if (!before) {
        rmSync(file, { force: true });
        continue;
      }
      const made = `${file}.${randomBytes(4).toString('hex')}.new`;
      writeFileSync(made, before.text, { mode: 0o600, flag: 'wx' });
      if (process.getuid?.() === 0) chownSync(made, before.uid, before.gid);
      chmodSync(made, before.mode);
      renameSync(made, file);
    }
  }
}

function remember(file: string): KeptFile {
  if (!existsSync(file)) return { file };
  const { mode, uid, gid } = statSync(file);
  return { file, before: { text: readFileSync(file), mode: mode & 0o777, uid, gid } };
}

function setAside(kept: readonly KeptFile[], folder: string): string | undefined {
  const there = kept.filter(({ before }) => before !== undefined);
  if (there.length === 0) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { file, before } of there) {
    // Files of the same name from two folders would be one.
    const name = existsSync(join(folder, basename(file)))
      ? `${basename(dirname(file))}-${basename(file)}`
      : basename(file);
    writeFileSync(join(folder, name), before?.text ?? '', { mode: 0o600 });
  }
  return folder;
}

function tidyUp(aside: string): void {
  if (!existsSync(aside)) return;
  const folders = readdirSync(aside).sort();
  for (const name of folders.slice(0, -KEPT_AT_MOST)) rmSync(join(aside, name), { recursive: true, force: true });
}
