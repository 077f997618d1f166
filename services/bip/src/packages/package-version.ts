import { INSTALLER_PLATFORMS, type InstallerPlatform } from '@muster/contracts';

/**
 * A version as package managers order it: the pre-release of Semantic Versioning comes before its release by a tilde
 * (deb-version(7), rpm-version(7)), and hyphens, which divide versions there, do not remain.
 */
export const packageVersion = (version: string): string => version.replace('-', '~').replaceAll('-', '+');

/** Names of processors in either world, and the number that the lead of an `.rpm` has for them. */
export const PROCESSORS = {
  'linux-x64': { debian: 'amd64', rpm: 'x86_64', isa: 'x86-64', rpmLead: 1 },
  'linux-arm64': { debian: 'arm64', rpm: 'aarch64', isa: 'aarch-64', rpmLead: 19 },
} as const satisfies Partial<Record<InstallerPlatform, object>>;
export type LinuxPlatform = keyof typeof PROCESSORS;
export const LINUX_PLATFORMS = Object.keys(PROCESSORS).filter((name): name is LinuxPlatform => name in PROCESSORS);

/** Platforms that get an archive with a script that installs it. */
export type ArchivePlatform = Exclude<InstallerPlatform, LinuxPlatform>;
export const ARCHIVE_PLATFORMS = INSTALLER_PLATFORMS.filter(
  (platform): platform is ArchivePlatform => !(platform in PROCESSORS),
);
export const systemOf = (platform: ArchivePlatform): 'windows' | 'macos' =>
  platform.startsWith('windows-') ? 'windows' : 'macos';
export const archiveName = (platform: ArchivePlatform, version: string): string =>
  `${ABOUT.name}-${version}-${platform}.${systemOf(platform) === 'windows' ? 'zip' : 'tar.gz'}`;

/** What both kinds of package say about themselves. */
export const ABOUT = {
  name: 'muster-agent',
  summary: 'Muster agent: connects this device to its management server',
  description:
    'It enrols the device at the server that this package was made by, keeps one outbound connection to it, reports how' +
    '\nthe device is doing and does what its administrators ask for. It listens to nothing and brings its own Node.js.',
} as const;
