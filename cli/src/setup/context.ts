import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT } from '../core/exit-codes';
import type { Lookup } from '../checks/names';
import type { Terminal } from '../core/terminal';
import type { Commands } from '../site/commands';
import type { Stack } from '../stack/stack';
import { releasedComposeFile, upwards } from './compose-file';
import type { GivenFiles } from './given-certificate';
import type { Prompts } from './prompts';
import type { GivenAnswers } from './answers';

export type Server = 'itsm' | 'xmpp';

/** One run of setup. */
export interface SetupContext {
  server: Server;
  /** The server's folder, `/opt/muster/<server>` by default. */
  folder: string;
  given: GivenAnswers;
  /** Paths of a certificate from elsewhere; absent: the own CA makes one. */
  certificate?: GivenFiles;
  options: SetupOptions;
  terminal: Terminal;
  commands: Commands;
  /** Where a person answers. */
  prompts?: Prompts;
  stack: Stack;
  /** Looks names up; as this machine does when absent. */
  lookup?: Lookup;
}

export interface SetupOptions {
  /** Version of this program, and of the images that it sets up. */
  version: string;
  /** What stands before `/cli:<version>`, where this program runs from its image; absent on a host with Node.js. */
  imagePrefix?: string;
  /** Make own certificates anew. */
  renew: boolean;
  /** Go on in spite of faults of the ground. */
  force: boolean;
  /** Look at the ground only. */
  checkOnly: boolean;
  start: boolean;
  waitSeconds: number;
  /** Hours that a join token holds. */
  joinHours: number;
}

export const defaultFolder = (server: Server): string => join('/opt/muster', server);

/** Where the release may lie: above the program, above the current folder, and where installers put it. */
export const releasePlaces = (): string[] => [
  ...upwards(dirname(fileURLToPath(import.meta.url))),
  ...upwards(process.cwd()),
  '/opt/muster/release',
  '/usr/share/muster',
];

/** Makes the server's folder with the release's compose file in it. @throws CliError when there is none */
export function prepareFolder(server: Server, folder: string): void {
  const file = join(folder, 'docker-compose.yml');
  if (existsSync(file)) return;
  const released = releasedComposeFile(server, releasePlaces());
  if (!released) {
    throw new CliError(
      EXIT.config,
      `compose/${server}/docker-compose.yml of the release is not there.`,
      'Unpack the release and run muster from its folder, or copy the file to ' + `${folder}.`,
    );
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    copyFileSync(released, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
    throw new CliError(EXIT.noPermission, `${folder} cannot be written.`, 'Run muster as root, or choose --dir DIR.');
  }
}
