import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { BipConfig } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { commonFiles, nodeFiles } from './agent-tree';
import { cpioFormat, tarFormat } from './archive-pieces';
import { archiveTree } from './archive-tree';
import { CompressedNode } from './compressed-node';
import { nodeLicences } from './node-licences';
import type { PackageFile } from './package-file';
import type { ArchivePlatform, LinuxPlatform } from './package-version';
import type { Piece } from './pieces';
import { type FinishedArchive, SharedArchive } from './shared-archive';
import { ZipArchive } from './zip-archive';

type Kind = 'tar' | 'cpio';

/** The large parts of packages, each made when it is asked for first, and kept: Node.js on disk, a megabyte in memory. */
@Injectable()
export class Archives implements OnApplicationShutdown {
  private readonly compressed: CompressedNode;
  private readonly made = new Map<string, Promise<SharedArchive>>();
  private readonly zips = new Map<ArchivePlatform, Promise<ZipArchive>>();
  private readonly payloads = new Map<LinuxPlatform, Promise<FinishedArchive>>();

  constructor(
    private readonly config: BipConfig,
    private readonly agent: AgentFiles,
    private readonly nodes: NodePrograms,
  ) {
    this.compressed = new CompressedNode(config);
  }

  onApplicationShutdown(): Promise<void> {
    return this.compressed.close();
  }

  /** Seconds since 1970 that everything in a package carries. */
  get mtime(): number {
    return this.config.SOURCE_DATE_EPOCH ?? this.agent.builtAt;
  }

  shared(platform: LinuxPlatform, kind: Kind): Promise<SharedArchive> {
    return once(this.made, `${platform} ${kind}`, () => this.make(platform, kind));
  }

  /** What the shell installer fetches: all but what belongs to one key. */
  payload(platform: LinuxPlatform): Promise<FinishedArchive> {
    return once(this.payloads, platform, async () => (await this.shared(platform, 'tar')).with([]));
  }

  /** What is unpacked and installed by a script of its own. */
  tarOf(platform: ArchivePlatform): Promise<SharedArchive> {
    return once(this.made, platform, async () => {
      const { folders, node, after } = await this.treeOf(platform);
      const parts = { before: folders, node, after };
      return SharedArchive.make(tarFormat(this.mtime), this.config.PACKAGE_COMPRESSION, parts);
    });
  }

  zipOf(platform: ArchivePlatform): Promise<ZipArchive> {
    return once(this.zips, platform, async () => {
      const { folders, node, after } = await this.treeOf(platform);
      const { mtime, config } = this;
      return ZipArchive.make({ mtime, level: config.PACKAGE_COMPRESSION }, [...folders, ...after], node);
    });
  }

  private async treeOf(platform: ArchivePlatform): Promise<{
    folders: PackageFile[];
    node: { file: PackageFile; compressed: Piece };
    after: PackageFile[];
  }> {
    const program = this.nodes.get(platform);
    if (!program) throw new Error(`there is no Node.js for ${platform}`);
    const licences = await nodeLicences(this.config.NODE_LICENCE, program.path);
    const { folders, node, after } = await archiveTree(platform, program, this.agent, licences);
    return { folders, node: { file: node, compressed: await this.compressed.of(program) }, after };
  }

  private async make(platform: LinuxPlatform, kind: Kind): Promise<SharedArchive> {
    const program = this.nodes.get(platform);
    const format = kind === 'tar' ? tarFormat(this.mtime) : cpioFormat(this.mtime);
    const belongs = ({ role }: { role?: string }): boolean => kind === 'tar' || role !== 'system';
    const licences = program && (await nodeLicences(this.config.NODE_LICENCE, program.path));
    const after = (await commonFiles(this.agent, licences)).filter(belongs);
    const { folders, node } = nodeFiles(program ?? { bytes: 0, sha256: '', md5: '' });
    return SharedArchive.make(format, this.config.PACKAGE_COMPRESSION, {
      before: folders.filter(belongs),
      ...(program ? { node: { file: node, compressed: await this.compressed.of(program) } } : {}),
      after,
    });
  }
}

/** Who asks while it is being made waits for the same; what failed is tried again for the next who asks. */
function once<K, V>(made: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = made.get(key);
  if (known) return known;
  const promise = make();
  made.set(key, promise);
  promise.catch(() => made.delete(key));
  return promise;
}
