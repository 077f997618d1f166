import { execFileSync } from 'node:child_process';
import { isRoot } from './layout';

export interface SystemUser {
  name: string;
  group: string;
  uid: number;
  gid: number;
}

/** The first of these users that the machine has; undefined when the stack was not started by root: no rights to drop. */
export function unprivilegedUser(names: string[]): SystemUser | undefined {
  if (!isRoot()) return undefined;
  for (const name of names) {
    try {
      const id = (...flags: string[]): string =>
        execFileSync('id', [...flags, name], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
      return { name, group: id('-g', '-n'), uid: Number(id('-u')), gid: Number(id('-g')) };
    } catch {
      continue;
    }
  }
  throw new Error(
    `none of the users ${names.join(', ')} exists, and a server must not run as root; create one of them.`,
  );
}

/** Of the services and both nats-servers. Not the agent's: what runs on the device must not read the authority's keys. */
export const serviceUser = (): SystemUser | undefined => unprivilegedUser(['daemon']);
export const databaseUser = (): SystemUser | undefined => unprivilegedUser(['postgres', 'daemon']);
export const edgeUser = (): SystemUser | undefined => unprivilegedUser(['www-data', 'nobody']);
export const agentUser = (): SystemUser | undefined => unprivilegedUser(['nobody']);

/** Gives a folder and all below it to a user, whoever wrote there before; links are not followed. */
export function giveTo(user: SystemUser | undefined, folder: string): void {
  // chown, because it walks by descriptors: what is swapped for a link meanwhile leads nowhere else.
  if (user) execFileSync('chown', ['-Rh', `${user.uid}:${user.gid}`, folder]);
}
