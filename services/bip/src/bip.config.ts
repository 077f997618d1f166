import { List, text, Text, Whole } from '@muster/contracts';
import { BaseConfig } from '@muster/service-kit';

/** Configuration of `bip`. Described for administrators in `docs/configuration/bip.md`. */
export class BipConfig extends BaseConfig {
  @Text({ min: 1, max: 1000, about: 'Folder of the built agent: main.mjs, launcher.mjs and package.json.' })
  AGENT_DIR: string;
  @Text({
    max: 1000,
    optional: true,
    about: "Node.js program for Linux x64 devices that have none; this process's own when it is one.",
  })
  NODE_BINARY_LINUX_X64?: string;
  @Whole({ min: 1, max: 65_535, about: 'Port of the edge as devices dial it.' }) EDGE_PORT = 443;
  @List(text({ min: 2, max: 64 }), { max: 16, about: 'IP addresses of the ITSM server; none: devices use DNS.' })
  ITSM_WEB_IP: string[] = [];

  override derive(): void {
    super.derive();
    if (process.platform === 'linux' && process.arch === 'x64') this.NODE_BINARY_LINUX_X64 ??= process.execPath;
  }
}
