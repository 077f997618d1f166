import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseManifest } from '@muster/contracts';
import type { InstallFolder } from '../launcher/install-folder';
import { renameOver } from '../launcher/rename-over';
import { removeFile, syncFolder } from '../state/files';
import { unpack } from './unpack';

/** Names of folders that no version can have: what is still being unpacked. */
const DRAFT = '.new-';

/** Unpacks a package beside the running version; its folder appears when it is whole. @throws Error that says why not */
export async function stageVersion(
  install: InstallFolder,
  file: string,
  { version, unpackedBytes }: ReleaseManifest,
): Promise<void> {
  const draft = install.folderOf(`${DRAFT}${version}`);
  await unpack(file, draft, unpackedBytes);
  const target = install.folderOf(version);
  if (target === install.folderOf(install.current)) throw new Error('it has the name of the version that runs');
  removeFile(target);
  renameOver(draft, target);
  syncFolder(install.folderOf('.'));
}

/** Removes versions that nothing names any more. @param previous is kept too, for a person who wants to go back */
export function removeStrayVersions(install: InstallFolder, previous?: string): void {
  const keep = new Set([install.current, install.trial?.version, install.trial?.from, previous]);
  for (const name of readdirSync(install.folderOf('.'))) {
    if (!keep.has(name)) removeFile(join(install.folderOf('.'), name));
  }
}

/** Whether this process may change what is installed. */
export function mayUpdate(install: string): boolean {
  try {
    for (const folder of [install, join(install, 'versions')]) accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
