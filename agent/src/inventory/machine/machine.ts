import type { Stats } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';

/** Reads files of a device. Nothing here throws for what is absent; `why` says what kept a file from being read. */
export interface Files {
  /** Content of a regular file, at most `maxBytes` (4 MB); undefined when absent, unreadable, larger or not a regular file. */
  bytes(path: string, maxBytes?: number): Promise<Buffer | undefined>;
  /** The same as UTF-8 without blanks at its ends; undefined also when empty. */
  text(path: string, maxBytes?: number): Promise<string | undefined>;
  /** The last bytes of a regular file of any size. */
  tail(path: string, bytes: number): Promise<Buffer | undefined>;
  /** Lines of a file of any size, one by one; none when it cannot be read. */
  lines(path: string): AsyncIterable<string>;
  /** Names in a folder, sorted; none when it cannot be read. */
  names(path: string): Promise<string[]>;
  /** Where a symbolic link points, as it is written. */
  link(path: string): Promise<string | undefined>;
  /** What the path leads to, links followed. */
  stat(path: string): Promise<Stats | undefined>;
  /** When a file of the system's own folders changed. At once: thousands are asked for, one after the other. */
  changedAt(path: string): Date | undefined;
  /** Path with all links resolved. */
  real(path: string): Promise<string | undefined>;
  /** Bytes of the file system that a path is on. */
  space(path: string): Promise<number | undefined>;
  /** Why a path cannot be read ("needs root: /path"), or undefined when it can, or is not there. */
  why(path: string): Promise<string | undefined>;
}

export interface RunOptions {
  timeoutMs?: number;
  /** Of standard output. */
  maxBytes?: number;
  /** Exit codes that are no failure; 0 when absent. */
  codes?: readonly number[];
}

/** Runs programs of the device: found in the system's folders only, never through a shell, in English and UTC. */
export interface Commands {
  /** Whether the program is there and safe to run. */
  has(program: string): Promise<boolean>;
  /** @returns standard output @throws CommandFailure */
  run(program: string, given: readonly string[], options?: RunOptions): Promise<string>;
}

export const PLATFORMS = ['linux', 'windows', 'macos'] as const;
export type DevicePlatform = (typeof PLATFORMS)[number];

/** What collectors read a device through, so that recordings of other devices can be replayed. */
export interface Machine {
  platform: DevicePlatform;
  /** As `os.arch()` names it. */
  architecture: string;
  /** Root, or an elevated Windows service. */
  privileged: boolean;
  files: Files;
  commands: Commands;
  /** As `os.networkInterfaces()` gives them. */
  addresses(): NodeJS.Dict<NetworkInterfaceInfo[]>;
}

export type CommandProblem = 'missing' | 'unsafe' | 'timed-out' | 'too-much-output' | 'failed';

/** A program did not give what it was run for. */
export class CommandFailure extends Error {
  constructor(
    readonly program: string,
    readonly problem: CommandProblem,
    detail: string,
  ) {
    super(`${program}: ${detail}`);
  }
}
