import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import type { Terminal } from '../../core/terminal';
import { readEnvFile, type Variables, variablesIn } from '../../setup/env-file';
import type { Commands } from '../../site/commands';
import { ComposeStack } from '../../stack/compose-stack';
import type { Manifest } from '../archive/entries';
import { refuseNewer, type Settings, verifyBackup } from '../read-backup';
import type { Fenced } from '../revocations/keep-revoked';
import { readRevocations } from '../revocations/revocations-file';
import { installationOf } from '../sources/source';
import { withoutPins } from '../../upgrade/staged-files';
import { imagesIn, needImages } from './images';
import { Restoration } from './restoration';
import { composeFileOf } from './restored-folder';
import { clear, type Found, inWords, isEmpty, lookAt } from './target';

export interface RestoreRequest {
  file: string;
  passphrase: string;
  /** The server's folder; empty on a fresh host. */
  folder: string;
  /** Replaces what is there. */
  replace: boolean;
  /** Variables of `.env` that are others on this host. */
  changes: Variables;
  /** A list of revocations that is younger than the backup. */
  revocationsFile?: string;
  revokeCredentials: boolean;
  /** Whether the services are started at the end. */
  start: boolean;
  waitSeconds: number;
  /** Of this program. */
  version: string;
  terminal: Terminal;
  commands?: Commands;
}

export interface Restored {
  manifest: Manifest;
  folder: string;
  /** The version that it has now. */
  version: string;
  /** Where the files are that were there before. */
  aside?: string;
  replaced?: Omit<Found, 'live'>;
  fenced?: Fenced;
  started: boolean;
}

/**
 * Restores a server from one file. Until all of it has been read and proven, everything stays as it is.
 * @throws CliError with one sentence that says what was changed
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { file, passphrase, folder, version, terminal } = request;
  terminal.progress('Reading the whole backup, before anything is changed …');
  const settings: Settings = {};
  const { manifest } = await verifyBackup(file, passphrase, settings);
  refuseNewer(manifest, version);
  const installation = installationOf(manifest.domain);
  const known = request.revocationsFile ? readRevocations(request.revocationsFile, installation).revocations : [];
  const stack = new ComposeStack(folder, request.commands);
  // What runs there as the same installation knows better who was revoked since.
  const same = readEnvFile(join(folder, '.env'))['ITSM_DOMAIN'] === manifest.domain;
  const found = await lookAt(stack, same, file);
  if (!isEmpty(found) && !request.replace) {
    throw new CliError(
      EXIT.config,
      `${folder} is in use: ${inWords(found)}. Nothing was changed.`,
      'Add --replace to put the backup in its place, or name an empty folder with --dir.',
    );
  }
  await needImages(imagesOf(settings, manifest, request), stack.commands, terminal);
  let aside: string | undefined;
  if (!isEmpty(found)) {
    terminal.progress(`Replacing ${inWords(found)} …`);
    aside = await clear(stack, found);
  }
  try {
    const fenced = await new Restoration(request, manifest, stack, { revocations: known, live: found.live }).run();
    const { live: _live, ...replaced } = found;
    return {
      ...{ manifest, folder, version, started: request.start },
      ...(aside ? { aside } : {}),
      ...(isEmpty(found) ? {} : { replaced }),
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

function imagesOf(settings: Settings, manifest: Manifest, { version, changes }: RestoreRequest): string[] {
  const variables = { ...variablesIn(settings['.env'] ?? ''), ...changes };
  const kept = manifest.version === version ? settings['docker-compose.yml'] : undefined;
  const compose = kept === undefined ? readFileSync(composeFileOf(manifest.server), 'utf8') : withoutPins(kept);
  return imagesIn(compose, variables, version);
}
