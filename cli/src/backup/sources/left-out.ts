import { join } from 'node:path';
import { readEnvFile } from '../../setup/env-file';
import type { Site } from '../../site/site';

/** What belongs to the suite, is kept outside of its servers, and so is in no backup. */
export interface LeftOut {
  what: 'packages';
  /** Address without credentials; absent where the server does not say it. */
  where?: string;
}

/** As the server's `.env` says it to its services: a variable with the service's name in front wins. */
export function leftOutOf({ kind, folder }: Pick<Site, 'kind' | 'folder'>): LeftOut[] {
  if (kind !== 'itsm') return [];
  const variables = readEnvFile(join(folder, '.env'));
  const value = (name: string): string | undefined => variables[`DOWNLOADS_${name}`] || variables[name];
  if (value('PACKAGE_STORE') !== 's3') return [];
  const where = withoutCredentials(value('S3_URL') ?? '');
  return [{ what: 'packages', ...(where ? { where } : {}) }];
}

export const wordsOfLeftOut = ({ where }: LeftOut): string =>
  `Warning: the packages of releases are not in this backup: they are in S3${where ? `, ${where}` : ''}. Back that bucket up there.`;

function withoutCredentials(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
