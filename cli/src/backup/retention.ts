import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../core/exit-codes';
import type { ServerKind } from './archive/entries';
import { readHeader } from './sealed/sealed-reader';

export interface Retention {
  /** How many of the newest stay. */
  keep?: number;
  /** Days after which one goes, unless it is the only one. */
  keepDays?: number;
}

interface Known {
  file: string;
  takenAt: number;
}

const NAME = /^muster-(itsm|xmpp|local)-\d{8}T\d{6}Z\.backup$/;
const DAY_MS = 86_400_000;

/** The name of a backup in a folder with others: sorts by time. */
export const backupName = (server: ServerKind, at: Date): string =>
  `muster-${server}-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.backup`;

/** Backups in a folder that `--to` made of one server of one installation, newest first. Nothing else is one. */
export async function ownBackups(folder: string, server: string, installation: string): Promise<Known[]> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => NAME.exec(name)?.[1] === server) : [];
  const known: Known[] = [];
  for (const name of names) {
    const file = join(folder, name);
    if (!statSync(file).isFile()) continue;
    const header = await readHeader(file).catch((error: unknown) => {
      if (error instanceof CliError) return undefined; // no backup, or a damaged one: not ours to judge
      throw error;
    });
    if (header?.server !== server || header.installation !== installation) continue;
    known.push({ file, takenAt: Date.parse(header.takenAt) });
  }
  return known.sort((one, other) => other.takenAt - one.takenAt);
}

/** Removes what is more than is to be kept. The newest always stays. @returns what was removed */
export function removeSuperfluous(known: readonly Known[], { keep, keepDays }: Retention, now = Date.now()): string[] {
  const oldest = keepDays === undefined ? -Infinity : now - keepDays * DAY_MS;
  const most = keep ?? Infinity;
  const superfluous = known.filter(({ takenAt }, index) => index > 0 && (index >= most || takenAt < oldest));
  for (const { file } of superfluous) rmSync(file);
  return superfluous.map(({ file }) => file);
}
