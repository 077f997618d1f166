import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import type { ContentBytes } from '../read-backup';

/** What a database takes in terms of its dump, which is compressed and has no indexes. */
const DATABASE_GROWTH = 5;
/** PostgreSQL's log of what is written while it is filled (`max_wal_size`), and room to breathe. */
const SPARE = 1_500_000_000;
const MB = 1e6;

export interface Room {
  /** Folders on the disks that files, and that database, queues and packages are written to. */
  disks: { files: string; data: string };
  content: ContentBytes;
  /** What is removed on the disk of the data before anything is written. */
  freed: number;
}

/** Bytes that are free on the disk of a folder that may not be there yet. */
export function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(existing(path));
  return bavail * bsize;
}

/** @throws CliError when a disk has too little room for what is restored; everything is as before */
export function needRoom({ disks, content, freed }: Room, free: (folder: string) => number = freeAt): void {
  const data = content.queues + content.packages + content.database * DATABASE_GROWTH + SPARE;
  const one = statSync(existing(disks.files)).dev === statSync(existing(disks.data)).dev;
  const wanted = one
    ? [{ folder: disks.data, needs: content.files + data, freed }]
    : [
        { folder: disks.files, needs: content.files, freed: 0 },
        { folder: disks.data, needs: data, freed },
      ];
  for (const { folder, needs, freed: gone } of wanted) {
    const has = free(folder);
    if (has + gone >= needs) continue;
    const inMB = (bytes: number): string => `${Math.floor(bytes / MB)} MB`;
    const replaced = gone > 0 ? `, ${inMB(has + gone)} once what is replaced is gone` : '';
    throw new CliError(
      EXIT.cannotCreate,
      `The restore needs ${inMB(needs)} on the disk of ${folder}, and ${inMB(has)} are free${replaced}. Nothing was changed.`,
      'Free some space there, or restore on a larger disk.',
    );
  }
}

function existing(path: string): string {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
