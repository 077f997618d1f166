import { execFileSync } from 'node:child_process';
import { isRoot } from './layout';

export interface SystemUser {
  uid: number;
  gid: number;
}

/** The first of these users that the machine has; undefined when the stack was not started by root: no rights to drop. */
export function unprivilegedUser(names: string[]): SystemUser | undefined {
  if (!isRoot()) return undefined;
  for (const name of names) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error(
    `none of the users ${names.join(', ')} exists, and a server must not run as root; create one of them.`,
  );
}
