import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';

const USUAL = ['/opt/muster/itsm', '/opt/muster/xmpp', '/opt/muster/turn'];

/** `muster setup` filled it, or somebody by hand. */
export const isServerFolder = (folder: string): boolean =>
  ['.env', 'docker-compose.yml'].every((name) => existsSync(join(folder, name)));

/** The folder of a compose stack: the given one, this one, or a usual one. @throws CliError when there is none */
export function serverFolder(given?: string): string {
  const folders = given === undefined ? [process.cwd(), ...USUAL] : [resolve(given)];
  const found = folders.find(isServerFolder);
  if (found) return found;
  throw new CliError(
    EXIT.config,
    `No stack is set up in ${folders.join(', ')}.`,
    'Run "muster setup", or name the folder of the stack with --dir DIR.',
  );
}
