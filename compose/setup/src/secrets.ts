import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Compose mounts the secrets that a container may read. */
export const SECRETS_DIR = '/run/secrets';

/** The secrets that this container was given, by name, without the line end. */
export type Secrets = ReadonlyMap<string, string>;

/** @throws Error naming the secret that cannot be read or is empty */
export function readSecrets(folder: string): Secrets {
  const secrets = new Map<string, string>();
  for (const name of readdirSync(folder)) {
    const text = contentOf(folder, name).replace(/\r?\n$/, '');
    if (text === '') throw new Error(`the secret ${name} is empty`);
    secrets.set(name, text);
  }
  return secrets;
}

function contentOf(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const hint = reason === 'EACCES' ? `; user ${process.getuid?.()} must be able to read its file` : '';
    throw new Error(`the secret ${name} cannot be read (${reason})${hint}`, { cause: error });
  }
}

/** @throws Error naming the secret that is missing */
export function secret(secrets: Secrets, name: string): string {
  const value = secrets.get(name);
  if (value === undefined) throw new Error(`the secret ${name} is missing: name it in docker-compose.yml`);
  return value;
}
