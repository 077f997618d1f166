import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** User and group that every container runs as. */
export const CONTAINER_USER = 10_001;

/** Makes the secrets that are not there, readable by the containers alone. @returns names of what was made */
export function makeSecrets(
  secrets: readonly { name: string; file: string }[],
  given: Readonly<Record<string, string>> = {},
): string[] {
  return secrets
    .filter(({ name, file }) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      return writeOnce(file, given[name] ?? newSecret(name));
    })
    .map(({ name }) => name);
}

/** Writes a file whole or not at all, and never over one that is there. @returns whether it was written */
export function writeOnce(file: string, text: string): boolean {
  if (existsSync(file)) return false;
  const made = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeFileSync(made, text, { mode: 0o400, flag: 'wx' });
    letContainersRead(made, 0o440);
    linkSync(made, file); // fails where one is, unlike rename
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(made, { force: true });
  }
}

/** For root and the containers' group. Without root's rights the containers run as this user, who owns what it made. */
export function letContainersRead(path: string, mode: number): void {
  if (process.getuid?.() !== 0) return;
  chownSync(path, 0, CONTAINER_USER);
  chmodSync(path, mode);
}

const newSecret = (name: string): string => (name === 'first-admin-password' ? readable() : randomText());

/** 256 bits. */
export const randomText = (): string => randomBytes(32).toString('base64url');

/** A password that can be read aloud and typed: four groups without letters that look alike, 78 bits. */
export function readable(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
