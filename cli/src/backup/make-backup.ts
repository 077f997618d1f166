import { CliError, EXIT } from '../core/exit-codes';
import type { Site } from '../site/site';
import type { ArchiveWriter } from './archive/archive-writer';
import type { Manifest, QueuesAt } from './archive/entries';
import { writeBackupFile } from './backup-file';
import { JetStreams } from './sources/jet-streams';
import { type LeftOut, leftOutOf, wordsOfLeftOut } from './sources/left-out';
import { withSnapshot } from './sources/postgres';
import { addFolder } from './sources/server-places';
import { installationAt, type Source, sourceOf } from './sources/source';

export interface BackupRequest {
  site: Site;
  /** Of this program. */
  version: string;
  /** Must not be there yet. */
  file: string;
  passphrase: string;
  onProgress(step: string): void;
}

export interface BackupMade {
  file: string;
  bytes: number;
  version: string;
  /** ISO 8601: the database is as of this moment. */
  takenAt: string;
  /** Of the suite, and kept elsewhere. */
  leftOut: LeftOut[];
}

/** The stream with the facts that services tell each other. */
const FACTS = 'EVENTS';

/**
 * Backs up a server while it works.
 * @throws CliError with one sentence; then there is no file, and nothing else has changed either
 */
export async function makeBackup(
  { site, version, file, passphrase, onProgress }: BackupRequest,
  findSource = sourceOf,
): Promise<BackupMade> {
  const source = await findSource(site, version);
  const leftOut = leftOutOf(site);
  for (const one of leftOut) onProgress(wordsOfLeftOut(one));
  const facts = {
    ...{ version: source.version, takenAt: new Date().toISOString(), server: source.server },
    installation: installationAt(site),
  };
  let takenAt = facts.takenAt;
  const streams: Queues[] = [];
  try {
    for (const { at, nats } of source.queues) streams.push({ at, streams: await JetStreams.connect(nats) });
    const bytes = await writeBackupFile(file, facts, passphrase, async (archive) => {
      takenAt = (await fill(archive, source, streams, onProgress)).takenAt;
    });
    return { file, bytes, version: source.version, takenAt, leftOut };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const reason = (error as Error).message;
    throw new CliError(
      EXIT.unavailable,
      `The backup was given up: ${reason}. Nothing of it was kept.`,
      'Run "muster doctor".',
      {
        cause: error,
      },
    );
  } finally {
    for (const { streams: one } of streams) await one.close().catch(() => undefined);
  }
}

interface Queues {
  at: QueuesAt;
  streams: JetStreams;
}

/**
 * In this order, so that no fact is lost and each comes once more at most: first the streams with what their consumers have
 * taken, then one moment of the database, then the facts that were published between the two. What a consumer takes after its
 * stream's snapshot is in the database, and comes again; what was published from the database before its moment is among
 * the facts; what was to be published is still in its outbox. Packages come last: those that the database names are there.
 */
async function fill(
  archive: ArchiveWriter,
  source: Source,
  queues: readonly Queues[],
  onProgress: (step: string) => void,
): Promise<Manifest> {
  onProgress('Configuration, secrets, certificates and keys …');
  for (const [place, folder] of Object.entries(source.places) as [keyof Source['places'], string][]) {
    await addFolder(archive, place, folder, (path) => source.leaveOut(place, path));
  }
  const facts: FactsBefore[] = [];
  for (const one of queues) {
    const last = await addStreams(archive, one, onProgress);
    if (last !== undefined) facts.push({ streams: one.streams, last });
  }
  const manifest = await addDatabase(archive, source, facts[0], onProgress);
  for (const kept of source.volumes) {
    onProgress(`Files of ${kept.service} …`);
    await archive.add({ kind: 'volume', ...kept }, source.volume(kept));
  }
  return manifest;
}

/** The facts up to the last one in their stream's snapshot. */
interface FactsBefore {
  streams: JetStreams;
  last: number;
}

/** @returns the number of the last fact in its stream's snapshot; undefined where there is no such stream */
async function addStreams(
  archive: ArchiveWriter,
  { at, streams }: Queues,
  onProgress: (step: string) => void,
): Promise<number | undefined> {
  let lastFact: number | undefined;
  for (const name of await streams.names()) {
    // What is in memory does not survive a restart either: its services fill it again.
    if ((await streams.info(name)).config.storage === 'memory') continue;
    onProgress(`Stream ${name} …`);
    const { config, state, chunks } = await streams.snapshot(name);
    await archive.add({ kind: 'stream', name, config, state, ...(at === 'server' ? {} : { at }) }, chunks);
    if (name === FACTS) lastFact = state.last_seq;
  }
  return lastFact;
}

async function addDatabase(
  archive: ArchiveWriter,
  { server, version, domain, postgres }: Source,
  facts: FactsBefore | undefined,
  onProgress: (step: string) => void,
): Promise<Manifest> {
  const about = { server, version, domain };
  if (!postgres) {
    const manifest: Manifest = { ...about, takenAt: new Date().toISOString(), migrations: {} };
    await archive.add({ kind: 'manifest', manifest });
    return manifest;
  }
  return withSnapshot(postgres, async ({ takenAt, version: server, migrations, devices, dump }) => {
    const counted = devices === undefined ? {} : { devices };
    const manifest: Manifest = { ...about, takenAt, migrations, postgres: server, ...counted };
    await archive.add({ kind: 'manifest', manifest });
    if (facts) {
      const last = (await facts.streams.info(FACTS)).state.last_seq;
      await archive.add({ kind: 'messages', stream: FACTS }, facts.streams.messages(FACTS, facts.last, last));
    }
    onProgress('Database …');
    await archive.add({ kind: 'postgres' }, dump());
    return manifest;
  });
}
