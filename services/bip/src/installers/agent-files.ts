import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BipConfig } from '../bip.config';

/** A file to install, with the digest that the installer compares. */
export interface AgentFile {
  content: Buffer;
  sha256: string;
}

/** The agent as it was built, read once: what a digest was told of is what is delivered. */
export class AgentFiles {
  static readonly needs = [BipConfig];

  private constructor(
    readonly version: string,
    readonly program: AgentFile,
    readonly launcher: AgentFile,
    /** Seconds since 1970. */
    readonly builtAt: number,
  ) {}

  /** @throws Error naming the file that is missing; the service must not start without the agent */
  static async load(this: void, config: Readonly<BipConfig>): Promise<AgentFiles> {
    const path = (name: string): string => join(config.AGENT_DIR, name);
    const { version } = JSON.parse(await readFile(path('package.json'), 'utf8')) as { version: string };
    const { mtimeMs } = await stat(path('main.mjs'));
    return new AgentFiles(
      version,
      await agentFile(path('main.mjs')),
      await agentFile(path('launcher.mjs')),
      Math.floor(mtimeMs / 1000),
    );
  }
}

async function agentFile(path: string): Promise<AgentFile> {
  const content = await readFile(path);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}
