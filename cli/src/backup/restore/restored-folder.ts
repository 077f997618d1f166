import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { readComposeFile, releasedComposeFile } from '../../setup/compose-file';
import { releasePlaces } from '../../setup/context';
import { changeEnvFile, readEnvFile, type Variables } from '../../setup/env-file';
import { makeSecrets } from '../../setup/secrets';
import { authorityFolder, certificatePlaces } from '../../setup/server-files';
import { installWrapper } from '../../setup/wrapper';
import { withoutPins } from '../../upgrade/staged-files';
import type { Place } from '../archive/entries';

/** Where the places of a backup go: where the restored `.env`, or what is changed of it, says. */
export function placesFor(folder: string, server: 'itsm' | 'xmpp', changes: Variables): Partial<Record<Place, string>> {
  const variables = { ...readEnvFile(join(folder, '.env')), ...changes };
  return {
    server: folder,
    authority: resolve(authorityFolder(folder, variables)),
    certificates: resolve(dirname(certificatePlaces[server](folder, variables).certificate)),
  };
}

/** What this version's stack is. @throws CliError when the release is not there */
export function composeFileOf(server: 'itsm' | 'xmpp'): string {
  const released = releasedComposeFile(server, releasePlaces());
  if (released) return released;
  throw new CliError(
    EXIT.config,
    `compose/${server}/docker-compose.yml of the release is not there.`,
    'Unpack the release and run muster from its folder.',
  );
}

/**
 * Makes the folder fit this version and this host: variables that are to be others, the compose file of this version,
 * secrets that an older one did not have, and the program that runs the command of this version.
 * @param was the version of the backup. @throws CliError when the release's compose file is not there
 */
export function fitFolder(
  folder: string,
  server: 'itsm' | 'xmpp',
  was: string,
  { version, changes }: { version: string; changes: Variables },
): void {
  const file = join(folder, 'docker-compose.yml');
  const other = was !== version;
  if (other || !existsSync(file)) {
    copyFileSync(composeFileOf(server), file);
  } else {
    // An upgrade may have left a part on the image of an older version that does the same; a fresh host has those of one.
    writeFileSync(file, withoutPins(readFileSync(file, 'utf8')));
  }
  const wanted = { ...changes, ...(other ? { MUSTER_VERSION: version } : {}) };
  if (Object.keys(wanted).length > 0) changeEnvFile(join(folder, '.env'), wanted);
  makeSecrets(readComposeFile(folder).secrets);
  installWrapper(folder);
}
