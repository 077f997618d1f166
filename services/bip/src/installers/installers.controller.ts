import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  agentLauncher,
  agentProgram,
  caBundle,
  caCertificates,
  installScript,
  listAnchors,
  nodeRuntime,
  type RouteCall,
  uninstallScript,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { BipConfig } from '../bip.config';
import { AgentFiles } from './agent-files';
import { KeyDoor } from './key-door';
import { installerText, uninstallerText } from './script-text';

@Controller()
export class InstallersController {
  constructor(
    private readonly bus: Bus,
    private readonly config: BipConfig,
    private readonly files: AgentFiles,
    private readonly door: KeyDoor,
  ) {}

  @Handles(caCertificates)
  async caCertificates(): Promise<string> {
    const { anchors } = await this.bus.request(listAnchors, {});
    return caBundle(anchors);
  }

  @Handles(installScript)
  async install({ params, address }: RouteCall<typeof installScript>): Promise<string> {
    await this.door.pass(params.key, address);
    const { anchors } = await this.bus.request(listAnchors, {});
    const { ITSM_DOMAIN: hostName, EDGE_PORT: port, ITSM_WEB_IP: addresses } = this.config;
    return installerText({ key: params.key, hostName, port, addresses: [...addresses], anchors }, this.files);
  }

  /** Without a look at the key: a device must be able to leave after its key was revoked, and nothing here is secret. */
  @Handles(uninstallScript)
  uninstall(): Promise<string> {
    return uninstallerText();
  }

  @Handles(agentProgram)
  async program({ params, address }: RouteCall<typeof agentProgram>): Promise<Buffer> {
    await this.door.pass(params.key, address);
    return this.files.program.content;
  }

  @Handles(agentLauncher)
  async launcher({ params, address }: RouteCall<typeof agentLauncher>): Promise<Buffer> {
    await this.door.pass(params.key, address);
    return this.files.launcher.content;
  }

  @Handles(nodeRuntime)
  async node({ params, address, reply }: RouteCall<typeof nodeRuntime>): Promise<Readable> {
    await this.door.pass(params.key, address);
    const { bytes, stream } = this.files.openNode();
    reply.setHeader('content-length', String(bytes));
    return stream;
  }
}
