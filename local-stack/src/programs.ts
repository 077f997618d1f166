import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders where system servers lie even when a user's PATH does not name them. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/bin', '/usr/local/bin'];

/** Full path of a program, or undefined. `<NAME>_BIN` in the environment overrides, for example `NATS_SERVER_BIN`. */
export function findProgram(name: string): string | undefined {
  const override = process.env[`${name.toUpperCase().replaceAll('-', '_')}_BIN`];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_FOLDERS];
  return [override, ...folders.map((folder) => join(folder, name))].find((path) => path && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
