import { compareVersions, VERSION_PATTERN } from '@muster/contracts';
import { KNOWN_MIGRATIONS } from '../checks/known-migrations';
import { CliError, EXIT } from '../core/exit-codes';
import { type Entry, readArchive } from './archive/archive-reader';
import type { Manifest } from './archive/entries';
import { readSealed } from './sealed/sealed-reader';

/** What a backup holds, once all of it has been read and proven. */
export interface Verified {
  manifest: Manifest;
  files: number;
  streams: string[];
  volumes: string[];
  /** Bytes of content, unpacked by nobody yet. */
  bytes: number;
}

export const readBackup = (file: string, passphrase: string): AsyncGenerator<Entry> =>
  readArchive(readSealed(file, passphrase));

/** Reads a backup from its first to its last byte. @throws CliError naming what is wrong with it */
export async function verifyBackup(file: string, passphrase: string): Promise<Verified> {
  const found: Omit<Verified, 'manifest'> = { files: 0, streams: [], volumes: [], bytes: 0 };
  let manifest: Manifest | undefined;
  let database = false;
  for await (const { head, data } of readBackup(file, passphrase)) {
    if (head.kind === 'manifest') manifest = head.manifest;
    if (head.kind === 'file') found.files += 1;
    if (head.kind === 'stream') found.streams.push(head.name);
    if (head.kind === 'volume') found.volumes.push(head.service);
    if (head.kind === 'postgres') database = true;
    for await (const piece of data) found.bytes += piece.length;
  }
  if (!manifest || database !== (manifest.server === 'itsm')) {
    throw new CliError(EXIT.data, `${file} does not hold what a backup must.`);
  }
  return { manifest, ...found };
}

/**
 * Services bring an older database up to date, and know nothing of what a newer one has.
 * @throws CliError when the backup is of a newer version than this one
 */
export function refuseNewer(
  { version, migrations }: Manifest,
  own: string,
  known: Readonly<Record<string, readonly string[]>> = KNOWN_MIGRATIONS,
): void {
  const newer = [version, own].every((one) => VERSION_PATTERN.test(one)) && compareVersions(version, own) > 0;
  const strangers = Object.entries(migrations).flatMap(([schema, names]) =>
    names.filter((name) => !known[schema]?.includes(name)).map((name) => `${schema}.${name}`),
  );
  if (!newer && strangers.length === 0) return;
  const because = strangers.length > 0 ? ` Its database has ${strangers[0]}, which this version does not know.` : '';
  throw new CliError(
    EXIT.data,
    `The backup is of version ${version}, newer than this one, ${own}.${because}`,
    `Nothing was changed. Restore it with muster ${version} or later.`,
  );
}
