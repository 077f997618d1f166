import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compareVersions } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import { type ReleaseFile, readManifest, type SuiteManifest } from './manifest';

/** An unpacked release whose manifest is believed. */
export interface Release {
  folder: string;
  manifest: SuiteManifest;
}

const MANIFEST = 'release.json';

/** Folders that hold a release, of those given and of `releases/` in each. */
export function releaseFolders(places: readonly string[]): string[] {
  const within = places.flatMap((place) => {
    const releases = join(place, 'releases');
    return existsSync(releases) ? readdirSync(releases).map((name) => join(releases, name)) : [];
  });
  return [...new Set([...places, ...within])].filter((folder) => existsSync(join(folder, MANIFEST)));
}

/** The one that is asked for, or the newest. @throws CliError when it is not there, or not to be believed */
export function findRelease(folders: readonly string[], keys: readonly KeyObject[], version?: string): Release {
  const found = folders.map((folder) => ({ folder, manifest: readManifest(join(folder, MANIFEST), keys) }));
  const wanted = found.filter(({ manifest }) => version === undefined || manifest.version === version);
  const [newest] = wanted.sort((one, other) => compareVersions(other.manifest.version, one.manifest.version));
  if (newest) return newest;
  const known = found.map(({ manifest }) => manifest.version).join(', ');
  throw new CliError(
    EXIT.missing,
    version === undefined ? 'There is no release here to upgrade to.' : `There is no release ${version} here.`,
    known ? `There is: ${known}.` : 'Unpack the release and run its muster, or name its folder with --release-dir DIR.',
  );
}

/** A file of the release, as it was signed. @throws CliError when it is missing or another one */
export async function fileOf({ folder }: Release, { path, sha256, bytes }: ReleaseFile): Promise<string> {
  const file = join(folder, path);
  if (!existsSync(file)) {
    throw new CliError(EXIT.missing, `${file} of the release is missing.`, 'Unpack the whole release.');
  }
  const has = statSync(file).size;
  const hash = createHash('sha256');
  if (has === bytes) await pipeline(createReadStream(file), hash);
  if (has === bytes && hash.digest('hex') === sha256) return file;
  const why = has === bytes ? 'its content is another' : `it has ${has} bytes instead of ${bytes}`;
  throw new CliError(EXIT.data, `${file} is not what was signed: ${why}.`, 'Fetch the release again.');
}
