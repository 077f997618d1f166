import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { composeCommand, dockerCommand } from '../../site/commands';
import { ComposeStack } from '../../stack/compose-stack';
import { credentialsIn, type LiveCredentials } from '../revocations/revoked-in-database';
import { isLeftOut } from '../sources/server-places';

/** What is where a backup is to go. */
export interface Found {
  /** Names in the folder that a restore would write over. */
  files: string[];
  containers: string[];
  volumes: string[];
  /** What the suite that runs there knows, when it answers and is the same installation. */
  live?: LiveCredentials;
}

/** Looks without changing anything. @param backup stays where it is when it lies in the folder */
export async function lookAt(stack: ComposeStack, sameInstallation: boolean, backup: string): Promise<Found> {
  const [stays] = relative(stack.folder, backup).split(sep);
  const names = existsSync(stack.folder) ? readdirSync(stack.folder) : [];
  const files = names.filter((name) => !isLeftOut(name) && name !== stays);
  const parts = existsSync(join(stack.folder, 'docker-compose.yml')) ? await stack.parts() : [];
  const containers = parts.filter(({ reason }) => reason !== 'it has no container').map(({ name }) => name);
  const found: Found = { files, containers, volumes: await stack.volumes() };
  const url = sameInstallation && containers.length > 0 ? await stack.databaseUrl() : undefined;
  const live = url ? await credentialsIn(url).catch(() => undefined) : undefined;
  return live ? { ...found, live } : found;
}

export const isEmpty = ({ files, containers, volumes }: Found): boolean =>
  !files.some((name) => ['.env', 'secrets', 'authority', 'docker-compose.yml'].includes(name)) &&
  containers.length === 0 &&
  volumes.length === 0;

/** What is there, in half a sentence. */
export function inWords({ files, containers, volumes, live }: Found): string {
  const parts = [
    ...(containers.length > 0 ? [`${containers.length} containers`] : []),
    ...(volumes.length > 0 ? [`${volumes.length} volumes with their data`] : []),
    ...(files.length > 0 ? [`the files ${files.sort().join(', ')}`] : []),
    ...(live ? [`${live.users.length} users`] : []),
  ];
  return parts.join(', ');
}

/**
 * Ends what runs, removes containers and volumes, and moves the files aside, where they stay.
 * @returns the folder that they are in now. @throws CliError when the engine refuses
 */
export async function clear(stack: ComposeStack, found: Found, now = new Date()): Promise<string | undefined> {
  const { folder, commands } = stack;
  if (found.containers.length > 0) {
    const compose = await composeCommand(commands);
    if (!compose) throw new CliError(EXIT.unavailable, 'Neither "docker compose" nor "docker-compose" is there.');
    const args = [...compose.args, 'down', '--volumes', '--remove-orphans', '--timeout', '30'];
    const reply = await commands.try({ file: compose.file, args, cwd: folder }, { timeoutMs: 0 });
    if (reply.code !== 0) throw refused(reply.errors);
  }
  const left = await stack.volumes(); // of a stack whose containers were removed before
  if (left.length > 0) {
    const reply = await commands.try(dockerCommand(['volume', 'rm', ...left]), { timeoutMs: 0 });
    if (reply.code !== 0) throw refused(reply.errors);
  }
  if (found.files.length === 0) return undefined;
  const aside = join(folder, `before-restore-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const name of found.files) renameSync(join(folder, name), join(aside, name));
  return aside;
}

const refused = (errors: string): CliError =>
  new CliError(
    EXIT.unavailable,
    `What runs there could not be taken down: ${errors.trim().split('\n').at(-1)}`,
    'Its files are as before; see "muster status".',
  );
