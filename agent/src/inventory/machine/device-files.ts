import { constants, createReadStream, type Stats, statSync } from 'node:fs';
import { access, type FileHandle, open, readdir, readlink, realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Files } from './machine';

const MAX_BYTES = 4 * 1024 * 1024;
/** Opening a named pipe in somebody's home folder must not wait for a writer. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Files of this device, or of a recorded tree below `root`. */
export class DeviceFiles implements Files {
  constructor(private readonly root = '') {}

  async bytes(path: string, maxBytes = MAX_BYTES): Promise<Buffer | undefined> {
    return this.opened(path, async (file) => {
      // Files of /proc and /sys say that they are empty, or a page long: read until the end.
      const pieces: Buffer[] = [];
      let size = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65_536));
        if (bytesRead === 0) return Buffer.concat(pieces, size);
        size += bytesRead;
        if (size > maxBytes) return undefined;
        pieces.push(buffer.subarray(0, bytesRead));
      }
    });
  }

  async text(path: string, maxBytes?: number): Promise<string | undefined> {
    return (await this.bytes(path, maxBytes))?.toString('utf8').trim() || undefined;
  }

  async tail(path: string, bytes: number): Promise<Buffer | undefined> {
    return this.opened(path, async (file) => {
      const { size } = await file.stat();
      const start = Math.max(0, size - bytes);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      return buffer.subarray(0, bytesRead);
    });
  }

  async *lines(path: string): AsyncGenerator<string> {
    if (!(await this.stat(path))?.isFile()) return;
    const input = createReadStream(this.at(path), { encoding: 'utf8' });
    try {
      yield* createInterface({ input, crlfDelay: Infinity });
    } finally {
      input.destroy();
    }
  }

  async names(path: string): Promise<string[]> {
    return (await orNothing(readdir(this.at(path))))?.sort() ?? [];
  }

  link(path: string): Promise<string | undefined> {
    return orNothing(readlink(this.at(path)));
  }

  stat(path: string): Promise<Stats | undefined> {
    return orNothing(stat(this.at(path)));
  }

  changedAt(path: string): Date | undefined {
    try {
      return statSync(this.at(path), { throwIfNoEntry: false })?.mtime;
    } catch {
      return undefined;
    }
  }

  async real(path: string): Promise<string | undefined> {
    const found = await orNothing(realpath(this.at(path)));
    return found?.slice(this.root.length);
  }

  async space(path: string): Promise<number | undefined> {
    const found = await orNothing(statfs(this.at(path)));
    return found && found.blocks > 0 ? found.blocks * found.bsize : undefined;
  }

  async why(path: string): Promise<string | undefined> {
    try {
      await access(this.at(path), constants.R_OK);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      return code === 'EACCES' || code === 'EPERM' ? `needs root: ${path}` : `${code ?? 'unreadable'}: ${path}`;
    }
  }

  private async opened<T>(path: string, read: (file: FileHandle) => Promise<T | undefined>): Promise<T | undefined> {
    const file = await orNothing(open(this.at(path), READ));
    if (!file) return undefined;
    try {
      return (await file.stat()).isFile() ? await read(file) : undefined;
    } catch {
      // Drivers answer some files of /sys with an error: nothing to read there.
      return undefined;
    } finally {
      await file.close();
    }
  }

  private at(path: string): string {
    return this.root ? join(this.root, path) : path;
  }
}

/** Absent, or not for this user to read. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch {
    return undefined;
  }
}
