import type { DownloadsConfig } from '../config';
import { FileStore } from './file-store';
import type { PackageStore } from './package-store';
import { S3Store } from './s3-store';

/** The store that the configuration names. @throws Error that says what is missing for it */
export function openStore(config: DownloadsConfig): PackageStore {
  if (config.PACKAGE_STORE === 'files') return new FileStore(config.PACKAGE_DIR);
  const { S3_URL: url, S3_REGION: region, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = config;
  if (!url || !accessKey || !secretKey) {
    throw new Error('PACKAGE_STORE=s3 needs S3_URL, S3_ACCESS_KEY and S3_SECRET_KEY');
  }
  return new S3Store({ url, region, accessKey, secretKey });
}
