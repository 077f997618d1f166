import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { InstallerPlatform } from '@muster/contracts';
import { readExecutable } from './executable';

const PIECE = 256 * 1024;

/** A Node.js that travels with the agent. */
export interface NodeProgram {
  platform: InstallerPlatform;
  path: string;
  bytes: number;
  sha256: string;
  md5: string;
  /** Shared libraries that a device must have for it. */
  libraries: string[];
}

/** Libraries that every Linux system has, or can get from its own packages, wherever Node.js' own builds run. */
export const SYSTEM_LIBRARIES: readonly string[] = [
  'libc.so.6',
  'libm.so.6',
  'libdl.so.2',
  'libpthread.so.0',
  'librt.so.1',
  'ld-linux-x86-64.so.2',
  'ld-linux-aarch64.so.1',
  'libstdc++.so.6',
  'libgcc_s.so.1',
  'libatomic.so.1',
];

/** @throws Error with a sentence that says why this program cannot travel to devices of the platform */
export async function readNodeProgram(platform: InstallerPlatform, path: string): Promise<NodeProgram> {
  const file = await open(path);
  try {
    const executable = await readExecutable((offset, bytes) => readPart(file, offset, bytes));
    if (!executable.platforms.includes(platform)) throw new Error(`it is for ${executable.platforms.join(' and ')}`);
    const foreign = executable.libraries.filter((name) => !SYSTEM_LIBRARIES.includes(name));
    if (foreign.length > 0)
      throw new Error(`it needs ${foreign.join(', ')} beside it: the builds of nodejs.org need nothing of the kind`);
    return { platform, path, libraries: executable.libraries, ...(await digests(file)) };
  } finally {
    await file.close();
  }
}

async function readPart(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const part = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(part, 0, bytes, offset);
  return part.subarray(0, bytesRead);
}

async function digests(file: FileHandle): Promise<Pick<NodeProgram, 'bytes' | 'sha256' | 'md5'>> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  // A hundred megabytes through one buffer: a stream's own ones would stay in the process' memory for good.
  const piece = Buffer.allocUnsafe(PIECE);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, PIECE, bytes);
    if (bytesRead === 0) return { bytes, sha256: sha256.digest('hex'), md5: md5.digest('hex') };
    const part = piece.subarray(0, bytesRead);
    sha256.update(part);
    md5.update(part);
    bytes += bytesRead;
  }
}
