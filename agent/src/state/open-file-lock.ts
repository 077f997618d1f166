import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { removeFile } from './files';
import type { Lock } from './lock';

/** `UV_FS_O_EXLOCK` of libuv, "File open constants": on Windows the file is opened with a share mode of 0. */
const EXCLUSIVE = 0x10000000;

/**
 * A file that its holder keeps open and nobody else can open meanwhile: a lock of Windows' own, which ends with the process,
 * however that ends. A process number in a file would not do there: they are given again soon, and the machine is switched
 * off without the agent being told.
 */
export class OpenFileLock implements Lock {
  private constructor(
    private readonly path: string,
    private readonly descriptor: number,
  ) {}

  /** @throws Error when another agent has it */
  static acquire(path: string): OpenFileLock {
    const descriptor = tryOpen(path);
    if (descriptor === undefined) throw new Error('an agent already runs here');
    writeSync(descriptor, `${process.pid}\n`, 0);
    return new OpenFileLock(path, descriptor);
  }

  static isHeld(path: string): boolean {
    const descriptor = tryOpen(path);
    if (descriptor === undefined) return true;
    closeSync(descriptor);
    return false;
  }

  release(): void {
    closeSync(this.descriptor);
    removeFile(this.path);
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | EXCLUSIVE, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return undefined;
    throw error;
  }
}
