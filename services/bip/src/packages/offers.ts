import { Injectable } from '@nestjs/common';
import { type Installer, INSTALLER_PLATFORMS, type InstallerList, type InstallerPlatform } from '@muster/contracts';
import { nodeVariable } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { LINUX_PLATFORMS } from './package-version';
import { Packages } from './packages.service';

const OWN_NODE = 'The line above, where the device has Node.js 20.10 or later: this server has none to bring along.';

/** Every way to install, and every way that there is not, with its reason: nobody should search for what is not built. */
@Injectable()
export class Offers {
  constructor(
    private readonly agent: AgentFiles,
    private readonly nodes: NodePrograms,
    private readonly packages: Packages,
  ) {}

  list(): InstallerList {
    const scripts = LINUX_PLATFORMS.map((platform): Installer => ({
      platform,
      format: 'script',
      ...(this.nodes.get(platform) ? {} : { needs: OWN_NODE }),
    }));
    const others = INSTALLER_PLATFORMS.filter((platform) => !platform.startsWith('linux-')).map(
      (platform): Installer => ({ platform, format: 'archive', notBuilt: whyNoArchive(platform) }),
    );
    return { version: this.agent.version, installers: [...this.packages.list(), ...scripts, ...others] };
  }
}

/** Not "there is no Node.js for it", as of Linux: naming one would not help. */
const whyNoArchive = (platform: InstallerPlatform): string =>
  `This version of Muster makes no installer for this platform, whatever ${nodeVariable(platform)} names.`;
