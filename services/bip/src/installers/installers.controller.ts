import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  agentPayload,
  AppError,
  caBundle,
  caCertificates,
  installScript,
  listAnchors,
  type RouteCall,
  uninstallScript,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Archives } from '../packages/archives';
import { Downloads } from '../packages/downloads';
import { LINUX_PLATFORMS } from '../packages/package-version';
import { KeyDoor } from './key-door';
import { uninstallerText } from './script-text';
import { ShellInstaller } from './shell-installer';

/** What the lines to paste fetch, one after the other. */
@Controller()
export class InstallersController {
  constructor(
    private readonly bus: Bus,
    private readonly door: KeyDoor,
    private readonly shell: ShellInstaller,
    private readonly archives: Archives,
    private readonly downloads: Downloads,
  ) {}

  @Handles(caCertificates)
  async caCertificates(): Promise<string> {
    return caBundle(await this.bus.request(listAnchors, {}));
  }

  @Handles(installScript)
  async install({ params, address }: RouteCall<typeof installScript>): Promise<string> {
    await this.door.pass(params.key, address);
    return this.shell.script(params.key);
  }

  /** Without a look at the key: a device must be able to leave after its key was revoked, and nothing here is secret. */
  @Handles(uninstallScript)
  uninstall(): Promise<string> {
    return uninstallerText();
  }

  @Handles(agentPayload)
  async payload({ params, address, reply }: RouteCall<typeof agentPayload>): Promise<Readable> {
    await this.door.pass(params.key, address);
    const platform = LINUX_PLATFORMS.find((one) => one === params.platform);
    if (!platform)
      throw new AppError(
        'not-found',
        `There is no install script for ${params.platform}; its archive holds everything.`,
      );
    const { bytes, pieces } = await this.archives.payload(platform);
    const stream = this.downloads.start(pieces);
    reply.setHeader('content-length', String(bytes));
    return stream;
  }
}
