import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BipConfig } from '../bip.config';
import type { NodeProgram } from '../node-programs/node-program';
import type { Piece } from './pieces';

/**
 * Node.js as one gzip member, on disk: the hundred megabytes that are the same in every package of a platform, of
 * whatever format and key. Archives hold a file's content as it is, so that this member fits into all of them.
 */
export class CompressedNode {
  private readonly made = new Map<string, Promise<Piece>>();

  constructor(private readonly config: Readonly<BipConfig>) {}

  /** Compresses it where that was not done before; who asks meanwhile waits for the same. */
  of(node: NodeProgram): Promise<Piece> {
    const known = this.made.get(node.sha256);
    if (known) return known;
    const made = this.make(node).catch((error: unknown) => {
      this.made.delete(node.sha256); // a full disk may have room again
      throw error;
    });
    this.made.set(node.sha256, made);
    return made;
  }

  async close(): Promise<void> {
    for (const made of await Promise.allSettled(this.made.values()))
      if (made.status === 'fulfilled' && !Buffer.isBuffer(made.value)) await made.value.file.close();
    this.made.clear();
  }

  private async make(node: NodeProgram): Promise<Piece> {
    const { PACKAGE_COMPRESSION: level } = this.config;
    const path = join(await this.folder(), `node-${node.platform}-${node.sha256.slice(0, 32)}-${level}.gz`);
    if (await holds(path, node.sha256)) return piece(path);
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      await pipeline(
        createReadStream(node.path),
        createGzip({ level }),
        createWriteStream(draft, { flags: 'wx', mode: 0o600 }),
      );
      // What is delivered is what was digested, also when the program was replaced meanwhile.
      if (!(await holds(draft, node.sha256))) throw new Error(`${node.path} changed since this process started`);
      await rename(draft, path);
      return await piece(path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** @throws Error when others could put their own Node.js there, as in a folder below /tmp that somebody made before */
  private async folder(): Promise<string> {
    const folder = this.config.PACKAGE_CACHE_DIR;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = await stat(folder);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0))
      throw new Error(`PACKAGE_CACHE_DIR: ${folder} must belong to this service's user and be writable by it alone`);
    return folder;
  }
}

async function piece(path: string): Promise<Piece> {
  const file = await open(path);
  return { file, bytes: (await file.stat()).size };
}

/** Whether a compressed file is there and whole. */
async function holds(path: string, sha256: string): Promise<boolean> {
  const digest = createHash('sha256');
  try {
    await pipeline(createReadStream(path), createGunzip(), digest);
  } catch {
    return false;
  }
  return digest.digest('hex') === sha256;
}
