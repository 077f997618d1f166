import { Injectable } from '@nestjs/common';
import { NodePrograms } from '../node-programs/node-programs';
import { Archives } from '../packages/archives';
import { AgentFiles } from './agent-files';
import { EnrolmentSettings } from './enrolment-settings';
import { installerText, type PayloadDigest } from './script-text';

/** install.sh for one key. */
@Injectable()
export class ShellInstaller {
  constructor(
    private readonly agent: AgentFiles,
    private readonly nodes: NodePrograms,
    private readonly archives: Archives,
    private readonly settings: EnrolmentSettings,
  ) {}

  async script(key: string): Promise<string> {
    const payloads = await Promise.all([this.payload('x64'), this.payload('arm64')]);
    return installerText(key, await this.settings.read(), { version: this.agent.version, payloads });
  }

  private async payload(processor: PayloadDigest['processor']): Promise<PayloadDigest> {
    const platform = `linux-${processor}` as const;
    const { sha256, files } = await this.archives.payload(platform);
    const bytes = files.reduce((sum, entry) => sum + entry.bytes, 0);
    return { processor, sha256, bytes, withNode: this.nodes.get(platform) !== undefined };
  }
}
