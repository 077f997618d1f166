import { createHash } from 'node:crypto';

/** What tells one installation's backups from another's, and says nothing about it. @param of its domain */
export const installationOf = (of: string): string =>
  createHash('sha256').update(`muster ${of.toLowerCase()}`).digest('hex').slice(0, 16);
