import { Injectable } from '@nestjs/common';
import type { Installer, InstallerList } from '@muster/contracts';
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
    return { version: this.agent.version, installers: [...this.packages.list(), ...scripts] };
  }
}
