import { CliError, EXIT } from '../../core/exit-codes';
import type { Terminal } from '../../core/terminal';
import type { Manifest } from '../archive/entries';
import { refuseNewer, type Settings, verifyBackup } from '../read-backup';
import type { Fenced } from '../revocations/keep-revoked';
import { readRevocations } from '../revocations/revocations-file';
import { readHeader } from '../sealed/sealed-reader';
import { Restoration } from './restoration';
import { freeAt, needRoom } from './room';
import { type Found, inWords, type RestoreTarget } from './target';

export interface RestoreRequest {
  file: string;
  passphrase: string;
  target: RestoreTarget;
  /** Replaces what is there. */
  replace: boolean;
  /** A list of revocations that is younger than the backup. */
  revocationsFile?: string;
  revokeCredentials: boolean;
  /** That the server has afterwards. */
  version: string;
  terminal: Terminal;
  /** Bytes that are free on a folder's disk; asked of the disk when absent. */
  free?: (folder: string) => number;
}

export interface Restored {
  manifest: Manifest;
  folder: string;
  /** The version that it has now. */
  version: string;
  /** Where the files are that were there before. */
  aside?: string;
  replaced?: Omit<Found, 'live' | 'inUse'>;
  fenced?: Fenced;
  started: boolean;
}

/**
 * Restores a server from one file. Until all of it has been read and proven, and there is room for it, everything stays as it is.
 * @throws CliError with one sentence that says what was changed
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { file, passphrase, target, version, terminal, free = freeAt } = request;
  const { folder } = target;
  terminal.progress('Reading the whole backup, before anything is changed …');
  const { installation } = await readHeader(file);
  const settings: Settings = {};
  const { manifest, content } = await verifyBackup(file, passphrase, settings);
  refuseNewer(manifest, version);
  const known = request.revocationsFile ? readRevocations(request.revocationsFile, installation).revocations : [];
  const found = await target.lookAt(installation, file);
  if (found.inUse && !request.replace) {
    throw new CliError(
      EXIT.config,
      `${folder} is in use: ${inWords(found)}. Nothing was changed.`,
      'Add --replace to put the backup in its place, or name an empty folder with --dir (--local).',
    );
  }
  await target.prepare(manifest, settings);
  needRoom({ disks: await target.disks(), content, freed: found.volumeBytes }, free);
  let aside: string | undefined;
  if (found.inUse) {
    terminal.progress(`Replacing ${inWords(found)} …`);
    aside = await target.clear(found);
  }
  try {
    const fence = { revocations: known, revokeCredentials: request.revokeCredentials, live: found.live };
    const { fenced, started } = await new Restoration(request, manifest, fence).run();
    const { live: _live, inUse, ...replaced } = found;
    return {
      ...{ manifest, folder, version, started },
      ...(aside ? { aside } : {}),
      ...(inUse ? { replaced } : {}),
      ...(fenced ? { fenced } : {}),
    };
  } catch (error) {
    const reason = (error as Error).message.replace(/\.$/, '');
    const before = aside ? ` The files that were there are in ${aside}.` : '';
    throw new CliError(
      error instanceof CliError ? error.exitCode : EXIT.unavailable,
      `The restore stopped: ${reason}.${before}`,
      'The backup is whole: mend the reason, then run the same with --replace.',
      { cause: error },
    );
  }
}
