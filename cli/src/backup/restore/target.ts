import type { Manifest, Place, QueuesAt } from '../archive/entries';
import type { Settings } from '../read-backup';
import type { LiveCredentials } from '../revocations/revoked-in-database';
import type { NatsPlace } from '../sources/jet-streams';
import type { PostgresPlace } from '../sources/postgres';

/** What is where a backup is to go. */
export interface Found {
  /** There is a suite: what is found may not be written over unasked. */
  inUse: boolean;
  /** Names in the folder that a restore would write over. */
  files: string[];
  /** The process of a local stack. */
  running?: number;
  containers: string[];
  volumes: string[];
  /** What the volumes take; they are gone before their place is needed. */
  volumeBytes: number;
  /** What the suite that runs there knows, when it answers and is the same installation. */
  live?: LiveCredentials;
}

/** Database and queues that run, empty, with the roles and users that the restored secrets name. */
export interface Ground {
  queues: Readonly<Partial<Record<QueuesAt, NatsPlace>>>;
  /** On the ITSM server and the local stack. */
  postgres?: PostgresPlace;
}

/** Where a backup goes: all in which a server with Docker and a local stack differ. Methods are called in this order. */
export interface RestoreTarget {
  readonly folder: string;
  /** Looks without changing anything. @param backup stays where it is when it lies in the folder */
  lookAt(installation: string, backup: string): Promise<Found>;
  /** Gets what the restored suite runs on. @throws CliError when it cannot be had; everything is as before */
  prepare(manifest: Manifest, settings: Settings): Promise<void>;
  /** Folders on the disks that files, and that database, queues and packages are written to. */
  disks(): Promise<{ files: string; data: string }>;
  /** Ends what runs and moves files aside. @returns the folder that they are in now */
  clear(found: Found): Promise<string | undefined>;
  /** Where files go; asked for each, since the first ones name folders of others. */
  places(manifest: Manifest): Partial<Record<Place, string>>;
  /** All files are there. @throws CliError when database or queues do not come up */
  ground(manifest: Manifest): Promise<Ground>;
  /** Unpacks a service's files, a tar archive. */
  fill(service: string, path: string, data: AsyncIterable<Uint8Array>): Promise<void>;
  /** Everything is there. @returns whether the services run now */
  start(): Promise<boolean>;
  /** Ends what was only started for the restore; also after a failure. */
  end(complete: boolean): Promise<void>;
}

/** What is there, in half a sentence. */
export function inWords({ files, running, containers, volumes, live }: Found): string {
  const parts = [
    ...(running === undefined ? [] : [`what runs as process ${running}`]),
    ...(containers.length > 0 ? [`${containers.length} containers`] : []),
    ...(volumes.length > 0 ? [`${volumes.length} volumes with their data`] : []),
    ...(files.length > 0 ? [`the files ${files.sort().join(', ')}`] : []),
    ...(live ? [`${live.users.length} users`] : []),
  ];
  return parts.join(', ');
}

/** The name of the folder that what was there is moved into. */
export const asideName = (now = new Date()): string =>
  `before-restore-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
