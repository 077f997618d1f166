import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Layout } from './layout';
import { makeCluster } from './postgres';
import { makeSecrets, readSecrets, type Secrets, secretsFile, writeSecrets } from './secrets';

/** The database while it is made; its presence says that a first start did not get to its end. */
export const unfinishedCluster = (layout: Layout): string => `${layout.cluster}.new`;

/**
 * Secrets of this data folder; at the first start, makes them and the database that they open. Whenever that is cut
 * off, the next start begins anew. Secrets that a restore has put there get a database that they open.
 */
export function secretsAndCluster(layout: Layout): { secrets: Secrets; first: boolean } {
  const made = unfinishedCluster(layout);
  if (existsSync(made)) {
    rmSync(secretsFile(layout.data), { force: true });
    rmSync(made, { recursive: true });
  }
  const known = readSecrets(layout.data);
  if (known && existsSync(layout.cluster)) {
    writeSecrets(layout.data, known); // with the passwords that a newer version brought
    return { secrets: known, first: false };
  }
  const secrets = known ?? makeSecrets();
  makeCluster(layout, made, secrets.postgresAdmin);
  writeSecrets(layout.data, secrets);
  renameSync(made, layout.cluster);
  return { secrets, first: !known };
}
