import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { lengthOf, modeOf } from '../formats/cpio';
import {
  int16,
  int32,
  REGION,
  rpmHeader,
  rpmLead,
  string,
  strings,
  type TagValue,
  translated,
} from '../formats/rpm-header';
import { scriptFile } from '../script-files';
import type { PackageFacts } from './deb-package';
import { rpmRequires } from './libraries';
import type { PackageFile } from './package-file';
import { ABOUT, packageVersion, PROCESSORS } from './package-version';
import type { Piece } from './pieces';
import { FILE_FLAGS, SENSE, SIGNATURE, TAG } from './rpm-tags';
import type { FinishedArchive } from './shared-archive';

const RELEASE = '1';
const SHA256 = 8; // of RFC 4880, which rpm's tags for algorithms go by

export const rpmName = ({ platform, version }: Pick<PackageFacts, 'platform' | 'version'>): string =>
  `${ABOUT.name}-${packageVersion(version)}-${RELEASE}.${PROCESSORS[platform].rpm}.rpm`;

/**
 * A binary package of rpm (rpm.org, "RPM V4 Package format"): lead, signature header, header, and a cpio payload. It is
 * not signed; the digests of header and payload find damage. MD5 is left out, as rpm 6 does and FIPS mode wants: rpm 4.14
 * (of 2017) and later check the SHA-256 of both.
 */
export async function rpmPackage(facts: PackageFacts, payload: FinishedArchive): Promise<Piece[]> {
  const header = rpmHeader(
    REGION.immutable,
    new Map<number, TagValue>([
      ...aboutPackage(facts, payload),
      ...aboutDependencies(facts),
      ...(await scripts()),
      ...aboutFiles(payload.files, facts.mtime),
    ]),
  );
  const signature = rpmHeader(
    REGION.signatures,
    new Map([
      [SIGNATURE.sha256, string(createHash('sha256').update(header).digest('hex'))],
      [SIGNATURE.bytes, int32(header.length + payload.bytes)],
    ]),
  );
  const { rpm, rpmLead: number } = PROCESSORS[facts.platform];
  const lead = rpmLead(`${ABOUT.name}-${packageVersion(facts.version)}-${RELEASE}.${rpm}`, number);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return [Buffer.concat([lead, signature, padding, header]), ...payload.pieces];
}

function aboutPackage(facts: PackageFacts, { files, sha256 }: FinishedArchive): Array<[number, TagValue]> {
  const { platform, version, maintainer, mtime } = facts;
  const v = packageVersion(version);
  return [
    [TAG.i18nTable, strings('C')],
    [TAG.name, string(ABOUT.name)],
    [TAG.version, string(v)],
    [TAG.release, string(RELEASE)],
    [TAG.summary, translated(ABOUT.summary)],
    [TAG.description, translated(ABOUT.description)],
    [TAG.buildTime, int32(mtime)],
    [TAG.buildHost, string('localhost')], // of nobody's interest, and it would differ
    [TAG.size, int32(files.reduce((sum, entry) => sum + lengthOf(entry), 0))],
    [TAG.licence, string('Apache-2.0 AND MIT')],
    [TAG.packager, string(maintainer)],
    [TAG.group, translated('System Environment/Daemons')],
    [TAG.os, string('linux')],
    [TAG.arch, string(PROCESSORS[platform].rpm)],
    [TAG.sourceRpm, string(`${ABOUT.name}-${v}-${RELEASE}.src.rpm`)], // tells binary packages from sources
    [TAG.encoding, string('utf-8')],
    [TAG.payloadFormat, string('cpio')],
    [TAG.payloadCompressor, string('gzip')],
    [TAG.payloadFlags, string(String(facts.level))],
    [TAG.payloadDigest, strings(sha256)],
    [TAG.payloadDigestAlgorithm, int32(SHA256)],
    [TAG.fileDigestAlgorithm, int32(SHA256)],
  ];
}

function aboutDependencies({ platform, version, libraries }: PackageFacts): Array<[number, TagValue]> {
  const evr = `${packageVersion(version)}-${RELEASE}`;
  const provided: Dependency[] = [
    [ABOUT.name, SENSE.equal, evr],
    [`${ABOUT.name}(${PROCESSORS[platform].isa})`, SENSE.equal, evr],
  ];
  const needed: Dependency[] = [
    ...SCRIPTS.map(({ sense }): Dependency => ['/bin/sh', SENSE.interpreter | sense, '']),
    ...rpmRequires(libraries).map((name): Dependency => [name, 0, '']),
    ['rpmlib(CompressedFileNames)', SENSE.rpmlib, '3.0.4-1'],
    ['rpmlib(FileDigests)', SENSE.rpmlib, '4.6.0-1'],
    ['rpmlib(PayloadFilesHavePrefix)', SENSE.rpmlib, '4.0-1'],
    ...(evr.includes('~') ? [['rpmlib(TildeInVersions)', SENSE.rpmlib, '4.10.0-1'] satisfies Dependency] : []),
  ];
  return [
    [TAG.provideName, strings(...provided.map(([name]) => name))],
    [TAG.provideFlags, int32(...provided.map(([, flags]) => flags))],
    [TAG.provideVersion, strings(...provided.map(([, , version]) => version))],
    [TAG.requireName, strings(...needed.map(([name]) => name))],
    [TAG.requireFlags, int32(...needed.map(([, flags]) => flags))],
    [TAG.requireVersion, strings(...needed.map(([, , version]) => version))],
  ];
}
type Dependency = [name: string, flags: number, version: string];

const SCRIPTS = [
  { name: 'pre', tag: TAG.preIn, program: TAG.preInProgram, sense: SENSE.scriptPre },
  { name: 'post', tag: TAG.postIn, program: TAG.postInProgram, sense: SENSE.scriptPost },
  { name: 'preun', tag: TAG.preUn, program: TAG.preUnProgram, sense: SENSE.scriptPreun },
  { name: 'postun', tag: TAG.postUn, program: TAG.postUnProgram, sense: SENSE.scriptPostun },
] as const;

async function scripts(): Promise<Array<[number, TagValue]>> {
  const tags = SCRIPTS.map(async ({ name, tag, program }): Promise<Array<[number, TagValue]>> => [
    [tag, string(await scriptFile(`rpm/${name}`))],
    [program, string('/bin/sh')],
  ]);
  return (await Promise.all(tags)).flat();
}

/** Parallel lists with one place for each file, sorted by path, as rpm searches them. */
function aboutFiles(all: readonly PackageFile[], mtime: number): Array<[number, TagValue]> {
  const inode = new Map(all.map((entry, place) => [entry.path, place + 1]));
  const files = [...all].sort((a, b) => (a.path < b.path ? -1 : 1));
  const folders = [...new Set(files.map(({ path }) => folderOf(path)))];
  const numbers = (of: (entry: PackageFile) => number): TagValue => int32(...files.map(of));
  const texts = (of: (entry: PackageFile) => string): TagValue => strings(...files.map(of));
  return [
    [TAG.fileSizes, numbers(lengthOf)],
    [TAG.fileModes, int16(...files.map(modeOf))],
    [TAG.fileRdevs, int16(...files.map(() => 0))],
    [TAG.fileMtimes, numbers(() => mtime)],
    [TAG.fileDigests, texts(({ sha256 }) => sha256)],
    [TAG.fileLinkTos, texts(({ target = '' }) => target)],
    [TAG.fileFlags, numbers(flagsOf)],
    [TAG.fileUserName, texts(() => 'root')],
    [TAG.fileGroupName, texts(() => 'root')],
    [TAG.fileVerifyFlags, numbers(({ role }) => (role === 'secret' ? 0 : -1 >>> 0))],
    [TAG.fileDevices, numbers(() => 1)],
    [TAG.fileInodes, numbers(({ path }) => inode.get(path) ?? 0)],
    [TAG.fileLangs, texts(() => '')],
    [TAG.dirIndexes, numbers(({ path }) => folders.indexOf(folderOf(path)))],
    [TAG.baseNames, texts(({ path }) => path.slice(folderOf(path).length))],
    [TAG.dirNames, strings(...folders)],
  ];
}

const folderOf = (path: string): string => `${dirname(path).replace(/\/$/, '')}/`;
const flagsOf = ({ role, path }: PackageFile): number =>
  role === 'settings'
    ? FILE_FLAGS.config | FILE_FLAGS.noReplace
    : role === 'secret'
      ? FILE_FLAGS.missingOk
      : path.startsWith('/usr/share/doc/')
        ? FILE_FLAGS.documentation
        : 0;
