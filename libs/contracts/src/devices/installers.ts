import { List, nested, OneOf, Text } from '../schema/fields';
import { defineRequest } from '../wire/bus';
import { defineRoute, publicTo } from '../wire/route';
import { Signed } from './endpoint-map';

const own = { service: 'bip', face: 'public', method: 'GET' } as const;
const keyHolder = publicTo('the registration key in the address is the proof; the files hold no secret but that key');

/** What agents run on, by the names that Node.js has for its downloads. */
export const INSTALLER_PLATFORMS = [
  'linux-x64',
  'linux-arm64',
  'windows-x64',
  'windows-arm64',
  'macos-x64',
  'macos-arm64',
] as const;
export type InstallerPlatform = (typeof INSTALLER_PLATFORMS)[number];

/** Registration keys are unguessable and URL-safe. */
export class ByRegistrationKey {
  @Text({ min: 1, max: 128, pattern: /^[A-Za-z0-9_-]+$/ }) key: string;
}
export const caCertificates = defineRoute({
  ...own,
  path: '/ca.crt',
  access: publicTo('who fetches it compares its SHA-256 with the one that the install line carries'),
  summary: 'The root certificates to trust now, PEM: the bytes of `caBundle`',
  raw: 'application/x-pem-file',
});
export const installScript = defineRoute({
  ...own,
  path: '/bip/:key/install.sh',
  access: keyHolder,
  summary: 'Installs the agent on a Linux device and enrols it',
  params: ByRegistrationKey,
  raw: 'text/x-shellscript; charset=utf-8',
});
export const uninstallScript = defineRoute({
  ...own,
  path: '/bip/:key/uninstall.sh',
  access: keyHolder,
  summary: 'Removes the agent from a Linux device',
  params: ByRegistrationKey,
  raw: 'text/x-shellscript; charset=utf-8',
});
export const agentProgram = defineRoute({
  ...own,
  path: '/bip/:key/agent/main.mjs',
  access: keyHolder,
  summary: 'The agent, one file',
  params: ByRegistrationKey,
  raw: 'text/javascript; charset=utf-8',
});
export const agentLauncher = defineRoute({
  ...own,
  path: '/bip/:key/agent/launcher.mjs',
  access: keyHolder,
  summary: 'The launcher that starts the installed version of the agent',
  params: ByRegistrationKey,
  raw: 'text/javascript; charset=utf-8',
});
export const nodeRuntime = defineRoute({
  ...own,
  path: '/bip/:key/node/linux-x64',
  access: keyHolder,
  summary: 'Node.js for Linux on x64, for devices that have none',
  params: ByRegistrationKey,
  raw: 'application/octet-stream',
});

/** One way to install the agent on one platform, or the reason why this server does not offer it. */
export class Installer {
  @OneOf(INSTALLER_PLATFORMS) platform: InstallerPlatform;
  @OneOf(['deb', 'rpm', 'script', 'archive']) format: 'deb' | 'rpm' | 'script' | 'archive';
  @Text({ max: 200, optional: true, about: 'Name for `installerPackage`, where it is built and is a file.' })
  file?: string;
  @Text({ max: 1000, optional: true, about: 'What a device must have for it, beside what every one must have.' })
  needs?: string;
  @Text({ max: 1000, optional: true, about: 'What is not proven of it.' })
  caution?: string;
  @Text({ max: 1000, optional: true, about: 'Why it is not built, and what an administrator can do about it.' })
  notBuilt?: string;
}
export class InstallerList {
  @Text({ max: 64, about: 'Version of the agent inside.' }) version: string;
  @List(nested(() => Installer), { max: 64 }) installers: Installer[];
}
export const listInstallers = defineRoute({
  ...own,
  path: '/bip/:key/installers',
  access: keyHolder,
  summary: 'The ways to install the agent that this server builds, and those that it does not build, with the reason',
  params: ByRegistrationKey,
  reply: InstallerList,
});

export class ByInstallerFile extends ByRegistrationKey {
  @Text({ min: 1, max: 200, pattern: /^[A-Za-z0-9][A-Za-z0-9._~+-]*$/ }) file: string;
}
export const installerPackage = defineRoute({
  ...own,
  path: '/bip/:key/packages/:file',
  access: keyHolder,
  summary: 'A package that installs the agent and enrols the device: .deb, .rpm, .zip or .tar.gz',
  params: ByInstallerFile,
  raw: 'application/octet-stream',
});

/** By which a package can be checked after it went other ways than from this server to the device. */
export const PACKAGE_CHECKS = ['sha256', 'sig', 'crt'] as const;
export type PackageCheck = (typeof PACKAGE_CHECKS)[number];
export class ByPackageCheck extends ByInstallerFile {
  @OneOf(PACKAGE_CHECKS) check: PackageCheck;
}
export const packageCheck = defineRoute({
  ...own,
  path: '/bip/:key/packages/:file/:check',
  access: keyHolder,
  summary:
    'Of the package as it is made within these five minutes: its digest as sha256sum checks it, the signature of that text by the release key (ECDSA, SHA-256, DER), and the certificates of the release key (PEM)',
  params: ByPackageCheck,
  raw: 'application/octet-stream',
});

/**
 * Has the digest of a package signed by the release key, for who holds a registration key: the text that `sha256sum`
 * writes and checks, which is no JSON, so that no device takes it for a release.
 */
export class SignPackage {
  @Text({ min: 1, max: 128, about: 'The registration key in the package.' }) key: string;
  @Text({ max: 64, about: 'Of who asked.' }) address: string;
  @Text({
    max: 300,
    pattern: /^[0-9a-f]{64} {2}muster-agent[-_][0-9A-Za-z._~+-]{1,150}\.(deb|rpm|zip|tar\.gz)\n$/,
  })
  digest: string;
}
export const signPackage = defineRequest({
  subject: 'package.sign.v1',
  server: 'key-manager',
  callers: ['bip'],
  request: SignPackage,
  reply: Signed,
});

export class ByInstallerPlatform extends ByRegistrationKey {
  @OneOf(INSTALLER_PLATFORMS) platform: InstallerPlatform;
}
export const agentPayload = defineRoute({
  ...own,
  path: '/bip/:key/payload/:platform',
  access: keyHolder,
  summary:
    'The agent with its Node.js, where this server has one for the platform: the same bytes for every key, tar.gz',
  params: ByInstallerPlatform,
  raw: 'application/gzip',
});
