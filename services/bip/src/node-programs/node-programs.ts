import { INSTALLER_PLATFORMS, type InstallerPlatform } from '@muster/contracts';
import { BipConfig, nodeVariable } from '../bip.config';
import { type NodeProgram, readNodeProgram } from './node-program';

/** The Node.js of each platform that this server has one for, and why it has none for the others. */
export class NodePrograms {
  static readonly needs = [BipConfig];

  private constructor(private readonly found: ReadonlyMap<InstallerPlatform, NodeProgram | string>) {}

  /** Reads every configured program once: what a digest was told of is what is delivered. */
  static async load(this: void, config: Readonly<BipConfig>): Promise<NodePrograms> {
    const found = new Map<InstallerPlatform, NodeProgram | string>();
    // One after the other: each keeps a disk and a processor busy.
    for (const platform of INSTALLER_PLATFORMS) found.set(platform, await oneOf(config, platform));
    return new NodePrograms(found);
  }

  get(platform: InstallerPlatform): NodeProgram | undefined {
    const found = this.found.get(platform);
    return typeof found === 'object' ? found : undefined;
  }

  /** A sentence, where there is none. */
  whyNot(platform: InstallerPlatform): string | undefined {
    const found = this.found.get(platform);
    return typeof found === 'string' ? found : undefined;
  }
}

async function oneOf(config: Readonly<BipConfig>, platform: InstallerPlatform): Promise<NodeProgram | string> {
  const variable = nodeVariable(platform);
  const path = config[variable];
  if (path === undefined) return `This server has no Node.js for ${platform}: ${variable} names none.`;
  try {
    return await readNodeProgram(platform, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `The Node.js that ${variable} names cannot be used: ${why}.`;
  }
}
