import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unfinishedCluster } from './first-start';
import type { Layout } from './layout';
import { readSecrets, secretsFile } from './secrets';

/** `muster restore` makes it, and removes it when everything is there. */
const UNFINISHED_RESTORE = 'restore-unfinished';
const CONTROL_FILE_BYTES = 8192;
/** `pg_control_version` of PostgreSQL 13 to 15, at byte 8 of the control file. */
const CONTROL_VERSION = 1300;

/** Makes the folders and writes into them. @returns one sentence when that cannot be done */
export function unusableFolder({ data, open }: Layout): string[] {
  for (const folder of new Set([data, open])) {
    try {
      makeFolder(folder);
      const probe = join(folder, '.probe');
      writeFileSync(probe, '');
      rmSync(probe);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : message;
      return [`The data folder ${folder} cannot be used (${why}); choose another with --data DIR.`];
    }
  }
  return [];
}

/** Not `recursive`: where a folder can never be made, below /proc, that never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** @returns one sentence when what earlier starts left is not whole */
export function damagedData(layout: Layout): string[] {
  const { data, open } = layout;
  if (existsSync(join(data, UNFINISHED_RESTORE))) {
    return [
      `A restore into ${data} did not get to its end; run it again: muster restore FILE --local ${data} --replace.`,
    ];
  }
  const fault = whatIsDamaged(layout);
  if (!fault) return [];
  const both = open === data ? data : `${data} ${open}`;
  return [
    `The data folder ${data} is damaged (${fault}); remove it (rm -r ${both}) to start anew, or restore it from a backup.`,
  ];
}

function whatIsDamaged(layout: Layout): string | undefined {
  if (existsSync(unfinishedCluster(layout))) return undefined; // the next start begins anew
  const hasCluster = existsSync(layout.cluster);
  if (hasCluster !== existsSync(secretsFile(layout.data))) return 'of database and secrets only one is there';
  try {
    readSecrets(layout.data);
  } catch (error) {
    return (error as Error).message;
  }
  if (!hasCluster) return undefined;
  for (const part of ['roots', 'issuing', 'signing']) {
    if (!existsSync(join(layout.certificateAuthority, part))) return `its authority has no ${part}`;
  }
  return damagedCluster(layout.cluster);
}

function damagedCluster(cluster: string): string | undefined {
  for (const part of ['PG_VERSION', 'base', 'pg_wal', 'global/pg_control']) {
    if (!existsSync(join(cluster, part))) return `its database has no ${part}`;
  }
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version !== '15') return `its database is of PostgreSQL "${version}", not 15`;
  const control = join(cluster, 'global/pg_control');
  if (statSync(control).size !== CONTROL_FILE_BYTES || readFileSync(control).readUInt32LE(8) !== CONTROL_VERSION) {
    return "its database's global/pg_control is not one of PostgreSQL 15";
  }
  return undefined;
}
