import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import type { Terminal } from '../../core/terminal';
import { readEnvFile, type Variables, variablesIn } from '../../setup/env-file';
import { startStack, waitForHealth } from '../../setup/start';
import { type Commands, composeCommand, dockerCommand } from '../../site/commands';
import { ComposeStack } from '../../stack/compose-stack';
import type { Part } from '../../stack/stack';
import { withoutPins } from '../../upgrade/staged-files';
import type { Manifest } from '../archive/entries';
import type { Settings } from '../read-backup';
import { credentialsIn } from '../revocations/revoked-in-database';
import { natsOf, postgresOf } from '../sources/compose-source';
import { installationOf } from '../sources/installation';
import { isLeftOut } from '../sources/server-places';
import { imagesIn, needImages } from './images';
import { composeFileOf, fitFolder, placesFor } from './restored-folder';
import { asideName, type Found, type Ground, type RestoreTarget } from './target';
import { volumeBytes } from './volume-bytes';

export interface ComposeWishes {
  /** The server's folder; empty on a fresh host. */
  folder: string;
  /** Variables of `.env` that are others on this host. */
  changes: Variables;
  /** Of the images that it runs then. */
  version: string;
  /** Whether the services are started at the end. */
  start: boolean;
  waitSeconds: number;
  terminal: Terminal;
  commands?: Commands;
}

/** What must run for the data to come back, and nothing that would work on them already. */
const GROUND = { itsm: ['postgres', 'nats', 'database'], xmpp: ['nats'] } as const;
/** What makes a folder that of a server. */
const OURS = ['.env', 'secrets', 'authority', 'docker-compose.yml'];

/** One server with Docker. */
export class ComposeTarget implements RestoreTarget {
  private readonly stack: ComposeStack;

  constructor(private readonly wishes: ComposeWishes) {
    this.stack = new ComposeStack(wishes.folder, wishes.commands);
  }

  get folder(): string {
    return this.wishes.folder;
  }

  async lookAt(installation: string, backup: string): Promise<Found> {
    const { stack, folder } = this;
    const [stays] = relative(folder, backup).split(sep);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const files = names.filter((name) => !isLeftOut(name) && name !== stays);
    const parts = existsSync(join(folder, 'docker-compose.yml')) ? await stack.parts() : [];
    const containers = parts.filter(({ reason }) => reason !== 'it has no container').map(({ name }) => name);
    const volumes = await stack.volumes();
    const inUse = files.some((name) => OURS.includes(name)) || containers.length > 0 || volumes.length > 0;
    const found = { inUse, files, containers, volumes, volumeBytes: await volumeBytes(volumes, stack.commands) };
    // What runs there as the same installation knows better who was revoked since.
    const same = installationOf(readEnvFile(join(folder, '.env'))['ITSM_DOMAIN'] ?? '') === installation;
    const url = same && containers.length > 0 ? await stack.databaseUrl() : undefined;
    const live = url ? await credentialsIn(url).catch(() => undefined) : undefined;
    return live ? { ...found, live } : found;
  }

  async prepare(manifest: Manifest, settings: Settings): Promise<void> {
    const { changes, version, terminal } = this.wishes;
    const variables = { ...variablesIn(settings['.env'] ?? ''), ...changes };
    const kept = manifest.version === version ? settings['docker-compose.yml'] : undefined;
    const compose = kept === undefined ? readFileSync(composeFileOf(serverOf(manifest)), 'utf8') : withoutPins(kept);
    await needImages(imagesIn(compose, variables, version), this.stack.commands, terminal);
  }

  async disks(): Promise<{ files: string; data: string }> {
    const { folder } = this;
    const reply = await this.stack.commands.try(dockerCommand(['info', '--format', '{{.DockerRootDir}}']));
    const data = reply.code === 0 ? reply.output.trim() : '';
    // The command's own image does not see it; then the folder's disk stands for both.
    return { files: folder, data: data !== '' && existsSync(data) ? data : folder };
  }

  async clear(found: Found): Promise<string | undefined> {
    const { folder, stack } = this;
    const { commands } = stack;
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
    const aside = join(folder, asideName());
    mkdirSync(aside, { mode: 0o700 });
    for (const name of found.files) renameSync(join(folder, name), join(aside, name));
    return aside;
  }

  places(manifest: Manifest): ReturnType<RestoreTarget['places']> {
    return placesFor(this.folder, serverOf(manifest), this.wishes.changes);
  }

  async ground(manifest: Manifest): Promise<Ground> {
    const { folder, stack } = this;
    const { version, changes, terminal, waitSeconds } = this.wishes;
    const server = serverOf(manifest);
    fitFolder(folder, server, manifest.version, { version, changes });
    const names: readonly string[] = GROUND[server];
    await startStack(folder, stack.commands, terminal, ['--detach', ...names]);
    // `database` makes roles and schemas, and is ready when it has ended.
    const parts = async (): Promise<Part[]> =>
      (await stack.parts())
        .filter(({ name }) => names.includes(name))
        .map((part) => (part.name === 'database' && part.state === 'running' ? { ...part, state: 'starting' } : part));
    await waitForHealth({ parts }, waitSeconds, terminal);
    return {
      queues: { server: await natsOf(folder, stack) },
      ...(server === 'itsm' ? { postgres: await postgresOf(stack) } : {}),
    };
  }

  async fill(service: string, path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    const { folder, stack } = this;
    await startStack(folder, stack.commands, this.wishes.terminal, ['--no-start', '--no-deps', service]);
    await stack.commands.feed(await stack.unpackInto(service, path), data);
  }

  async start(): Promise<boolean> {
    const { folder, start, waitSeconds, terminal } = this.wishes;
    if (!start) return false;
    await startStack(folder, this.stack.commands, terminal);
    await waitForHealth(this.stack, waitSeconds, terminal);
    return true;
  }

  async end(): Promise<void> {} // what runs is a part of the server
}

function serverOf({ server }: Manifest): 'itsm' | 'xmpp' {
  if (server !== 'local') return server;
  throw new CliError(
    EXIT.config,
    'The backup is of a local stack. Nothing was changed.',
    'Name its data folder: --local DIR.',
  );
}

const refused = (errors: string): CliError =>
  new CliError(
    EXIT.unavailable,
    `What runs there could not be taken down: ${errors.trim().split('\n').at(-1)}`,
    'Its files are as before; see "muster status".',
  );
