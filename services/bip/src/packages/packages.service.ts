import { Injectable } from '@nestjs/common';
import { type AgentConfig, AppError, type Installer } from '@muster/contracts';
import { BipConfig } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { ownFiles } from './agent-tree';
import { Archives } from './archives';
import { debName, debPackage, type PackageFacts } from './deb-package';
import { LINUX_PLATFORMS, type LinuxPlatform } from './package-version';
import type { Piece } from './pieces';
import { rpmName, rpmPackage } from './rpm-package';

/** Where a device enrols, and by which key. */
export interface Enrolment {
  key: string;
  config: Omit<AgentConfig, 'registrationKey'>;
}

/** Packages of Linux' package managers. Nothing of them is kept: the part that differs by key is made in milliseconds. */
@Injectable()
export class Packages {
  constructor(
    private readonly config: BipConfig,
    private readonly agent: AgentFiles,
    private readonly nodes: NodePrograms,
    private readonly archives: Archives,
  ) {}

  list(): Installer[] {
    return LINUX_PLATFORMS.flatMap((platform) => {
      const notBuilt = this.nodes.whyNot(platform);
      const facts = { platform, version: this.agent.version };
      return [
        { platform, format: 'deb' as const, ...(notBuilt ? { notBuilt } : { file: debName(facts) }) },
        { platform, format: 'rpm' as const, ...(notBuilt ? { notBuilt } : { file: rpmName(facts) }) },
      ];
    });
  }

  /** @throws AppError `not-found` for a name that `list` does not give */
  async build(file: string, { key, config }: Enrolment): Promise<Piece[]> {
    for (const platform of LINUX_PLATFORMS) {
      const node = this.nodes.get(platform);
      const { version } = this.agent;
      if (!node || ![debName({ platform, version }), rpmName({ platform, version })].includes(file)) continue;
      const facts = this.facts(platform, node.libraries);
      const own = ownFiles(config, key);
      return file === debName(facts)
        ? debPackage(facts, await (await this.archives.shared(platform, 'tar')).with(own))
        : rpmPackage(facts, await (await this.archives.shared(platform, 'cpio')).with(own));
    }
    throw new AppError(
      'not-found',
      'This server builds no package of that name; the list of installers says which it builds.',
    );
  }

  private facts(platform: LinuxPlatform, libraries: readonly string[]): PackageFacts {
    const { PACKAGE_MAINTAINER: maintainer, PACKAGE_COMPRESSION: level } = this.config;
    return { platform, version: this.agent.version, libraries, maintainer, mtime: this.archives.mtime, level };
  }
}
