import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@muster/contracts';
import { PackageStore } from './package-store';

/** Pieces as files below one folder. */
export class FileStore extends PackageStore {
  constructor(private readonly root: string) {
    super();
  }

  async put(folder: string, number: number, bytes: Buffer): Promise<void> {
    const path = this.pathOf(folder, number);
    const draft = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(join(this.root, folder), { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw new AppError('unavailable', 'The package cannot be stored now: is there space on the disk?', {
        cause: error,
      });
    }
  }

  read(folder: string, number: number, from: number, to: number): AsyncIterable<Buffer> {
    return createReadStream(this.pathOf(folder, number), { start: from, end: to }) as AsyncIterable<Buffer>;
  }

  async remove(folder: string): Promise<void> {
    await rm(join(this.root, folder), { recursive: true, force: true });
  }

  async writable(): Promise<boolean> {
    try {
      await mkdir(this.root, { recursive: true, mode: 0o700 });
      await access(this.root, constants.R_OK | constants.W_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }

  private pathOf(folder: string, number: number): string {
    return join(this.root, folder, String(number));
  }
}
