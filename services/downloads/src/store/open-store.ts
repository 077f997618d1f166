import type { DownloadsConfig } from '../config';
import { FileStore } from './file-store';
import type { PackageStore } from './package-store';

/** The store that the configuration names. @throws Error that says what is missing for it */
export function openStore(config: DownloadsConfig): PackageStore {
  return new FileStore(config.PACKAGE_DIR);
}
