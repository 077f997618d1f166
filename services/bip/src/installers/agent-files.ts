import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '@muster/contracts';
import { BipConfig } from '../bip.config';

const PIECE = 256 * 1024;

/** A file to install, with the digest that the installer compares. */
export interface AgentFile {
  content: Buffer;
  sha256: string;
}
export interface NodeProgram {
  path: string;
  sha256: string;
  bytes: number;
}

/** The agent as it was built, read once: what a digest was told of is what is delivered. */
export class AgentFiles {
  static readonly needs = [BipConfig];

  private constructor(
    readonly version: string,
    readonly program: AgentFile,
    readonly launcher: AgentFile,
    readonly node?: NodeProgram,
  ) {}

  /** @throws Error naming the file that is missing; the service must not start without the agent */
  static async load(this: void, config: Readonly<BipConfig>): Promise<AgentFiles> {
    const path = (name: string): string => join(config.AGENT_DIR, name);
    const { version } = JSON.parse(await readFile(path('package.json'), 'utf8')) as { version: string };
    const binary = config.NODE_BINARY_LINUX_X64;
    return new AgentFiles(
      version,
      await agentFile(path('main.mjs')),
      await agentFile(path('launcher.mjs')),
      binary === undefined ? undefined : await nodeProgram(binary),
    );
  }

  /** @throws AppError when this server has no Node.js to give */
  openNode(): { bytes: number; stream: Readable } {
    if (!this.node) throw new AppError('not-found', 'This server has no Node.js for Linux on x64 to hand out.');
    return { bytes: this.node.bytes, stream: createReadStream(this.node.path) };
  }
}

async function agentFile(path: string): Promise<AgentFile> {
  const content = await readFile(path);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}

async function nodeProgram(path: string): Promise<NodeProgram> {
  const hash = createHash('sha256');
  // A hundred megabytes through one buffer: the stream's own ones would stay in the process' memory for good.
  const piece = Buffer.allocUnsafe(PIECE);
  const file = await open(path);
  try {
    let bytes = 0;
    for (let read = await file.read(piece); read.bytesRead > 0; read = await file.read(piece)) {
      hash.update(piece.subarray(0, read.bytesRead));
      bytes += read.bytesRead;
    }
    return { path, sha256: hash.digest('hex'), bytes };
  } finally {
    await file.close();
  }
}
