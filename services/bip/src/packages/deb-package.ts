import { AR_MAGIC, arHeader, arPadding } from '../formats/ar';
import { type ScriptName, scriptFile } from '../script-files';
import { entriesIn, tarFormat } from './archive-pieces';
import { debianDepends } from './libraries';
import { file, type PackageFile } from './package-file';
import { ABOUT, packageVersion, PROCESSORS, type LinuxPlatform } from './package-version';
import { gzipped, type Piece } from './pieces';
import type { FinishedArchive } from './shared-archive';

export interface PackageFacts {
  platform: LinuxPlatform;
  /** Version of the agent. */
  version: string;
  /** Shared libraries that its Node.js needs. */
  libraries: readonly string[];
  maintainer: string;
  /** Seconds since 1970, for everything in the package. */
  mtime: number;
  /** Of gzip. */
  level: number;
}

const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'] as const;

export const debName = ({ platform, version }: Pick<PackageFacts, 'platform' | 'version'>): string =>
  `${ABOUT.name}_${packageVersion(version)}_${PROCESSORS[platform].debian}.deb`;

/** A binary package of Debian (deb(5)): an `ar` of format version, control archive and data archive. */
export async function debPackage(facts: PackageFacts, data: FinishedArchive): Promise<Piece[]> {
  const { mtime, level } = facts;
  const scripts = SCRIPTS.map(async (name) =>
    file(`/${name}`, await scriptFile(`deb/${name}` satisfies ScriptName), 0o755),
  );
  const control = [
    file('/control', controlText(facts, data.files)),
    file('/conffiles', lines(data.files.filter(({ role }) => role === 'settings').map(({ path }) => path))),
    file('/md5sums', lines(data.files.filter(isSummed).map(({ path, md5 }) => `${md5}  ${path.slice(1)}`))),
    ...(await Promise.all(scripts)),
  ];
  const format = tarFormat(mtime);
  const controlArchive = await gzipped(Buffer.concat([entriesIn(format, control, 0), format.end]), level);
  const version = Buffer.from('2.0\n', 'latin1');
  return [
    Buffer.concat([
      AR_MAGIC,
      arHeader('debian-binary', version.length, mtime),
      version,
      arHeader('control.tar.gz', controlArchive.length, mtime),
      controlArchive,
      arPadding(controlArchive.length),
      arHeader('data.tar.gz', data.bytes, mtime),
    ]),
    ...data.pieces,
    arPadding(data.bytes),
  ];
}

/** Settings have their sums in dpkg's own database, and a secret is not there for long. */
const isSummed = ({ kind, role }: PackageFile): boolean => kind === 'file' && role === undefined;
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** deb-control(5). The installed size counts whole KiB, and one for whatever is not a file (Policy 5.6.20). */
function controlText(
  { platform, version, libraries, maintainer }: PackageFacts,
  files: readonly PackageFile[],
): string {
  const size = files.reduce((sum, { kind, bytes }) => sum + (kind === 'file' ? Math.ceil(bytes / 1024) : 1), 0);
  return lines([
    `Package: ${ABOUT.name}`,
    `Version: ${packageVersion(version)}`,
    `Architecture: ${PROCESSORS[platform].debian}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${size}`,
    `Depends: ${debianDepends(libraries)}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${ABOUT.summary}`,
    ...ABOUT.description.split('\n').map((line) => ` ${line}`),
  ]);
}
