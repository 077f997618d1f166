import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@muster/contracts';
import { BipConfig } from '../bip.config';

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
  await pipeline(createReadStream(path), hash);
  return { path, sha256: hash.digest('hex'), bytes: (await stat(path)).size };
}
