import { Injectable } from '@nestjs/common';
import { type AgentConfig, AppError, type Installer } from '@muster/contracts';
import { BipConfig } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { ownFiles } from './agent-tree';
import { archiveOwnFiles } from './archive-tree';
import { Archives } from './archives';
import { debName, debPackage, type PackageFacts } from './deb-package';
import {
  ARCHIVE_PLATFORMS,
  archiveName,
  type ArchivePlatform,
  LINUX_PLATFORMS,
  type LinuxPlatform,
  systemOf,
} from './package-version';
import type { PackageFile } from './package-file';
import type { Piece } from './pieces';
import { rpmName, rpmPackage } from './rpm-package';

/** Where a device enrols, and by which key. */
export interface Enrolment {
  key: string;
  config: Omit<AgentConfig, 'registrationKey'>;
}

/** What stands in the list with an archive: no such system is part of the tests. */
const UNPROVEN = {
  windows: 'Unproven: built and checked file by file, and not yet installed on a real Windows.',
  macos: 'Unproven: built and checked file by file, and not yet installed on a real Mac.',
} as const;

/** Packages of Linux' package managers, and archives for other systems. Nothing of them is kept: the part that differs by key is made in milliseconds. */
@Injectable()
export class Packages {
  constructor(
    private readonly config: BipConfig,
    private readonly agent: AgentFiles,
    private readonly nodes: NodePrograms,
    private readonly archives: Archives,
  ) {}

  list(): Installer[] {
    const packages = LINUX_PLATFORMS.flatMap((platform): Installer[] => {
      const notBuilt = this.nodes.whyNot(platform);
      const facts = { platform, version: this.agent.version };
      return [
        { platform, format: 'deb', ...(notBuilt ? { notBuilt } : { file: debName(facts) }) },
        { platform, format: 'rpm', ...(notBuilt ? { notBuilt } : { file: rpmName(facts) }) },
      ];
    });
    const archives = ARCHIVE_PLATFORMS.map((platform): Installer => {
      const notBuilt = this.nodes.whyNot(platform);
      const built = { file: archiveName(platform, this.agent.version), caution: UNPROVEN[systemOf(platform)] };
      return { platform, format: 'archive', ...(notBuilt ? { notBuilt } : built) };
    });
    return [...packages, ...archives];
  }

  /** @throws AppError `not-found` for a name that `list` does not give */
  async build(file: string, { key, config }: Enrolment): Promise<readonly Piece[]> {
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
    for (const platform of ARCHIVE_PLATFORMS)
      if (this.nodes.get(platform) && file === archiveName(platform, this.agent.version))
        return this.archive(platform, archiveOwnFiles(config, key));
    throw new AppError(
      'not-found',
      'This server builds no package of that name; the list of installers says which it builds.',
    );
  }

  private async archive(platform: ArchivePlatform, own: readonly PackageFile[]): Promise<readonly Piece[]> {
    if (systemOf(platform) === 'windows') return (await this.archives.zipOf(platform)).with(own);
    const { pieces } = await (await this.archives.tarOf(platform)).with(own);
    return pieces;
  }

  private facts(platform: LinuxPlatform, libraries: readonly string[]): PackageFacts {
    const { PACKAGE_MAINTAINER: maintainer, PACKAGE_COMPRESSION: level } = this.config;
    return { platform, version: this.agent.version, libraries, maintainer, mtime: this.archives.mtime, level };
  }
}
