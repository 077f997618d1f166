import { createReadStream } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readdir, readlink, rename, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { readEnvFile } from '../../setup/env-file';
import { authorityFolder, certificatePlaces } from '../../setup/server-files';
import type { ArchiveWriter } from '../archive/archive-writer';
import type { EntryHead, Place } from '../archive/entries';

/** Folders of a server that is set up with compose, by what they are in a backup. Those inside another are not named. */
export function placesOf(folder: string, server: 'itsm' | 'xmpp'): Partial<Record<Place, string>> & { server: string } {
  const variables = readEnvFile(join(folder, '.env'));
  const outside = (path: string): boolean => path !== folder && !path.startsWith(folder + sep);
  const certificates = dirname(certificatePlaces[server](folder, variables).certificate);
  const authority = resolve(authorityFolder(folder, variables));
  return {
    server: folder,
    ...(server === 'itsm' && outside(authority) ? { authority } : {}),
    ...(outside(resolve(certificates)) ? { certificates: resolve(certificates) } : {}),
  };
}

/** Backups, what a restore has moved aside, and unpacked releases with their images are no part of a backup. */
export const isLeftOut = (path: string): boolean => /^(backups|releases|before-restore-[^/]*)$/.test(path);

/** Adds a folder with all that is in it, following no links. @param leaveOut by the path below the folder */
export async function addFolder(
  archive: ArchiveWriter,
  place: Place,
  folder: string,
  leaveOut: (path: string) => boolean = isLeftOut,
): Promise<void> {
  const walk = async (path: string): Promise<void> => {
    const whole = join(folder, path);
    const found = await lstat(whole).catch(ifGone);
    if (!found) return;
    const at = { place, path, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
    const mtime = found.mtime.toISOString();
    if (found.isSymbolicLink()) await archive.add({ kind: 'link', ...at, target: await readlink(whole) });
    if (found.isFile()) await addFile(archive, { kind: 'file', ...at, mtime }, whole);
    if (!found.isDirectory()) return; // sockets and their like are made anew
    await archive.add({ kind: 'folder', ...at, mtime });
    for (const name of (await readdir(whole)).sort()) {
      const below = path === '' ? name : `${path}/${name}`;
      if (!leaveOut(below)) await walk(below);
    }
  };
  await walk('');
}

/** One that is removed in this moment, as when a certificate is replaced, is left out. */
async function addFile(archive: ArchiveWriter, head: EntryHead, path: string): Promise<void> {
  const file = await open(path, 'r').catch(ifGone);
  if (file) await archive.add(head, createReadStream(path, { fd: file, autoClose: true }));
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  if (error.code !== 'EACCES') throw error;
  throw new CliError(EXIT.noPermission, `${error.path} cannot be read.`, 'Run muster as root.');
}

/** Puts an entry where it was, below folders that the caller names. @throws CliError when its path leads elsewhere */
export async function placeEntry(
  folders: Partial<Record<Place, string>>,
  head: Extract<EntryHead, { kind: 'file' | 'folder' | 'link' }>,
  data: AsyncIterable<Buffer>,
): Promise<void> {
  const folder = folders[head.place];
  if (!folder || head.path.split('/').includes('..') || head.path.startsWith('/')) {
    throw new CliError(EXIT.data, `The backup names a file outside of its places: ${head.place}/${head.path}.`);
  }
  const path = join(folder, head.path);
  if (head.kind === 'folder') await mkdir(path, { recursive: true, mode: 0o700 });
  else if (head.kind === 'link') {
    await rm(path, { force: true });
    await symlink(head.target, path);
    return;
  } else await writeWhole(path, data);
  if (process.getuid?.() === 0) await chown(path, head.uid, head.gid);
  await chmod(path, head.mode);
  if (head.kind === 'file') await utimes(path, new Date(), new Date(head.mtime));
}

async function writeWhole(path: string, data: AsyncIterable<Buffer>): Promise<void> {
  const made = `${path}.restoring`;
  const file = await open(made, 'w', 0o600);
  try {
    for await (const piece of data) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(made, path);
}
