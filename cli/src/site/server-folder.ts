import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const USUAL = ['/opt/muster/itsm', '/opt/muster/xmpp', '/opt/muster/turn'];

export type ServerKind = 'itsm' | 'xmpp' | 'turn';

/** A server's folder, filled by `muster setup` or by hand. */
export interface ServerFolder {
  path: string;
  kind: ServerKind;
}

/** The given folder, this one, or a usual one: the first that is a server's. @returns the folders looked at, where none is */
export function findServerFolder(given?: string): ServerFolder | { lookedAt: string[] } {
  const folders = given === undefined ? [process.cwd(), ...USUAL] : [resolve(given)];
  const path = folders.find((folder) => ['.env', 'docker-compose.yml'].every((name) => existsSync(join(folder, name))));
  return path === undefined ? { lookedAt: folders } : { path, kind: kindOf(path) };
}

/** By the part that only this server has. */
function kindOf(folder: string): ServerKind {
  const compose = readFileSync(join(folder, 'docker-compose.yml'), 'utf8');
  if (compose.includes('push-broker:')) return 'xmpp';
  return compose.includes('coturn:') ? 'turn' : 'itsm';
}
