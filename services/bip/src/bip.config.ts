import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstallerPlatform, List, Text, text, webHostOf, Whole } from '@muster/contracts';
import { BaseConfig } from '@muster/service-kit';

const NODE_VARIABLES = {
  'linux-x64': 'NODE_BINARY_LINUX_X64',
  'linux-arm64': 'NODE_BINARY_LINUX_ARM64',
  'windows-x64': 'NODE_BINARY_WINDOWS_X64',
  'windows-arm64': 'NODE_BINARY_WINDOWS_ARM64',
  'macos-x64': 'NODE_BINARY_MACOS_X64',
  'macos-arm64': 'NODE_BINARY_MACOS_ARM64',
} as const satisfies Record<InstallerPlatform, string>;
export type NodeVariable = (typeof NODE_VARIABLES)[InstallerPlatform];

/** The variable that names the Node.js of a platform. */
export const nodeVariable = (platform: InstallerPlatform): NodeVariable => NODE_VARIABLES[platform];

const node = (platform: string): { max: number; optional: true; about: string } => ({
  max: 1000,
  optional: true,
  about: `Node.js program that travels to ${platform} devices, not stripped; this process's own where it is one.`,
});

/** Without one there is no installer for the platform. */
const foreign = (platform: string): { max: number; optional: true; about: string } => ({
  max: 1000,
  optional: true,
  about: `Node.js program that travels to ${platform} devices; no installer is made for them when absent.`,
});

/** Configuration of `bip`. Described for administrators in `docs/configuration/bip.md`. */
export class BipConfig extends BaseConfig {
  @Text({ min: 1, max: 1000, about: 'Folder of the built agent: main.mjs, launcher.mjs and package.json.' })
  AGENT_DIR: string;
  @Text(node('Linux x64')) NODE_BINARY_LINUX_X64?: string;
  @Text(node('Linux arm64')) NODE_BINARY_LINUX_ARM64?: string;
  @Text(foreign('Windows x64')) NODE_BINARY_WINDOWS_X64?: string;
  @Text(foreign('Windows arm64')) NODE_BINARY_WINDOWS_ARM64?: string;
  @Text(foreign('macOS x64')) NODE_BINARY_MACOS_X64?: string;
  @Text(foreign('macOS arm64')) NODE_BINARY_MACOS_ARM64?: string;
  @Text({
    max: 1000,
    optional: true,
    about:
      'Text of the licences of that Node.js, which packages carry; its LICENSE file where it is in its usual place.',
  })
  NODE_LICENCE?: string;
  @Whole({ min: 1, max: 65_535, about: 'Port of the edge as devices dial it.' }) EDGE_PORT = 443;
  @Text({
    max: 253,
    optional: true,
    about: 'Host name of the ITSM server for devices: ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN.',
  })
  ITSM_WEB_HOST: string;
  @List(text({ min: 2, max: 64 }), { max: 16, about: 'IP addresses of the ITSM server; none: devices use DNS.' })
  ITSM_WEB_IP: string[] = [];
  @Text({
    max: 1000,
    optional: true,
    about:
      'Folder for the compressed Node.js, 35 MB for each platform, made at the first download; one in the temporary folder when absent.',
  })
  PACKAGE_CACHE_DIR: string;
  @Whole({ min: 1, max: 9, about: 'How hard packages are compressed (gzip); more than 6 costs time and saves little.' })
  PACKAGE_COMPRESSION = 6;
  @Whole({
    min: 1,
    max: 100_000,
    about: 'Packages that are sent at once; who asks for one more is told to come again.',
  })
  PACKAGE_DOWNLOADS_AT_ONCE = 500;
  @Text({
    max: 200,
    optional: true,
    about: 'Who packages name as their maintainer; Muster <muster@ITSM_DOMAIN> when absent.',
  })
  PACKAGE_MAINTAINER: string;
  @Whole({
    min: 0,
    max: 4_294_967_295,
    optional: true,
    about:
      'Time that packages carry everywhere, in seconds since 1970, which makes them the same each time; absent: the time when the agent was built, and for devices the time of the download.',
  })
  SOURCE_DATE_EPOCH?: number;

  override derive(): void {
    super.derive();
    this.ITSM_WEB_HOST = webHostOf(this);
    this.PACKAGE_CACHE_DIR ??= join(tmpdir(), `muster-bip-${process.getuid?.() ?? 'own'}`);
    this.PACKAGE_MAINTAINER ??= `Muster <muster@${this.ITSM_DOMAIN}>`;
    const own = Object.keys(NODE_VARIABLES).find(
      (platform): platform is InstallerPlatform => platform === ownPlatform(),
    );
    if (own) this[nodeVariable(own)] ??= process.execPath;
  }
}

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };
const ownPlatform = (): string => `${SYSTEMS[process.platform]}-${process.arch}`;
