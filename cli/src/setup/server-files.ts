import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { letContainersRead } from './secrets';

/** Puts a file in its place in one step, for the containers to read. @returns whether it changed */
export function place(file: string, text: string, mode = 0o640): boolean {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  containerFolder(dirname(file));
  const made = `${file}.${randomBytes(4).toString('hex')}.new`;
  writeFileSync(made, text, { mode: 0o600, flag: 'wx' });
  if (mode === 0o644) chmodSync(made, mode);
  else letContainersRead(made, mode);
  renameSync(made, file);
  return true;
}

/** A folder that root writes and the containers enter. */
export function containerFolder(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true, mode: 0o750 });
  letContainersRead(path, 0o750);
}

/** Where a server's certificates lie, by the variables of its `.env` (relative to its folder). */
export const certificatePlaces = {
  itsm: (folder: string, variables: Readonly<Record<string, string>>) => {
    const certs = resolveIn(folder, variables['ITSM_CERTS_DIR'] || '/opt/itsm/web/certs');
    return { certificate: join(certs, 'cert.crt'), key: join(certs, 'cert.key') };
  },
  xmpp: (folder: string, variables: Readonly<Record<string, string>>) => {
    const certs = resolveIn(folder, variables['XMPP_CERTS_DIR'] || '/opt/ejabberd/certs');
    const together = join(certs, `${variables['XMPP_DOMAIN'] ?? ''}.pem`);
    return { certificate: together, key: together, devices: join(certs, 'devices'), hub: join(certs, 'hub.pem') };
  },
};
/** Where a server keeps whom devices accept as servers besides those of the own CA. */
export const serverRootsFolder = (
  server: 'itsm' | 'xmpp',
  folder: string,
  variables: Readonly<Record<string, string>>,
): string =>
  server === 'itsm'
    ? join(authorityFolder(folder, variables), 'server-roots')
    : join(dirname(certificatePlaces.xmpp(folder, variables).certificate), 'server-roots');

const resolveIn = (folder: string, path: string): string => (path.startsWith('/') ? path : join(folder, path));

export const authorityFolder = (folder: string, variables: Readonly<Record<string, string>>): string =>
  resolveIn(folder, variables['AUTHORITY_DIR'] || './authority');
