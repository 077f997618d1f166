import { compareVersions, VERSION_PATTERN } from '@muster/contracts';
import { timeIn } from '../checks/database';
import { KNOWN_MIGRATIONS } from '../checks/known-migrations';
import { CliError, EXIT } from '../core/exit-codes';
import { type Entry, readArchive } from './archive/archive-reader';
import type { EntryHead, Manifest } from './archive/entries';
import { readSealed } from './sealed/sealed-reader';

/** What a backup holds, once all of it has been read and proven. */
export interface Verified {
  manifest: Manifest;
  files: number;
  streams: string[];
  volumes: string[];
  /** Bytes of content, unpacked by nobody yet. */
  bytes: number;
  content: ContentBytes;
}

/** Bytes of a backup by what they become; the database's are those of its dump. */
export interface ContentBytes {
  files: number;
  queues: number;
  database: number;
  packages: number;
}

const BECOMES: Partial<Record<EntryHead['kind'], keyof ContentBytes>> = {
  ...{ file: 'files', stream: 'queues', messages: 'queues', postgres: 'database', volume: 'packages' },
};

/** Files that a restore wants to know before it begins. */
const LOOKED_INTO = ['.env', 'docker-compose.yml'] as const;
export type Settings = Partial<Record<(typeof LOOKED_INTO)[number], string>>;

export const readBackup = (file: string, passphrase: string): AsyncGenerator<Entry> =>
  readArchive(readSealed(file, passphrase));

/** Reads a backup from its first to its last byte. @param settings is filled. @throws CliError naming what is wrong with it */
export async function verifyBackup(file: string, passphrase: string, settings: Settings = {}): Promise<Verified> {
  const content: ContentBytes = { files: 0, queues: 0, database: 0, packages: 0 };
  const found: Omit<Verified, 'manifest'> = { files: 0, streams: [], volumes: [], bytes: 0, content };
  let manifest: Manifest | undefined;
  let database = false;
  for await (const { head, data } of readBackup(file, passphrase)) {
    if (head.kind === 'manifest') manifest = head.manifest;
    if (head.kind === 'file') found.files += 1;
    if (head.kind === 'stream') found.streams.push(head.name);
    if (head.kind === 'volume') found.volumes.push(head.service);
    if (head.kind === 'postgres') database = true;
    const looked = LOOKED_INTO.find((path) => head.kind === 'file' && head.place === 'server' && head.path === path);
    const becomes = BECOMES[head.kind];
    for await (const piece of data) {
      found.bytes += piece.length;
      if (becomes) content[becomes] += piece.length;
      if (looked) settings[looked] = (settings[looked] ?? '') + piece.toString('latin1');
    }
  }
  if (!manifest || database !== (manifest.server !== 'xmpp')) {
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
  const [stranger] = Object.entries(migrations).flatMap(([schema, names]) => {
    // Those that all schemas have in common are in no list; they are older than each list's newest.
    const newest = Math.max(0, ...(known[schema] ?? []).map(timeIn));
    return names.filter((name) => timeIn(name) > newest).map((name) => `${schema}.${name}`);
  });
  const newer = [version, own].every((one) => VERSION_PATTERN.test(one)) && compareVersions(version, own) > 0;
  if (!newer && !stranger) return;
  throw new CliError(
    EXIT.data,
    newer
      ? `The backup is of version ${version}, newer than this one, ${own}.`
      : `The backup's database has ${stranger}, of a newer version than this one, ${own}.`,
    `Nothing was changed. Restore it with the muster of ${version} or later.`,
  );
}
