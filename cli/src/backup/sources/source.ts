import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { readEnvFile } from '../../setup/env-file';
import type { Commands } from '../../site/commands';
import { ComposeStack } from '../../stack/compose-stack';
import type { Stack } from '../../stack/stack';
import type { Place } from '../archive/entries';
import type { NatsPlace } from './jet-streams';
import type { PostgresPlace } from './postgres';
import { placesOf } from './server-places';

/** A service's files in a volume that are nowhere else. Caches (installers) and copies (anchors) are made again. */
export interface KeptVolume {
  service: string;
  path: string;
}

/** Everything that a server's backup is made of. */
export interface Source {
  server: 'itsm' | 'xmpp';
  version: string;
  domain: string;
  places: Partial<Record<Place, string>>;
  commands: Commands;
  nats: NatsPlace;
  /** On the ITSM server alone. */
  postgres?: PostgresPlace;
  volumes: readonly KeptVolume[];
  /** The content of a kept volume, as a tar archive. */
  volume(kept: KeptVolume): AsyncGenerator<Buffer>;
}

export const KEPT_VOLUMES: Readonly<Record<'itsm' | 'xmpp', readonly KeptVolume[]>> = {
  itsm: [{ service: 'downloads', path: '/var/lib/muster/packages' }],
  xmpp: [{ service: 'push-broker', path: '/var/lib/muster/push-broker' }],
};

/** tar ends with 1 where a file changed or went while it was read, which is not a fault here: those are drafts. */
const PACK = 'tar -C "$0" -cf - . || [ $? -eq 1 ]';
/** The password is read where it is, so that it stands on no command line. */
const AS_ADMIN =
  'PGPASSWORD=$(cat /run/secrets/postgres-admin) exec "$0" -h 127.0.0.1 -U muster_admin -d postgres "$@"';
const NATS_SECRET = 'secrets/nats-backup';

/** @throws CliError when a part that a backup needs is not there */
export async function sourceOf(kind: 'itsm' | 'xmpp', folder: string, stack: Stack): Promise<Source> {
  if (!(stack instanceof ComposeStack)) {
    throw new CliError(
      EXIT.usage,
      'A local stack is backed up by copying its folder.',
      'Stop it first; docs/system-administration/local-stack.md names the folders.',
    );
  }
  const variables = readEnvFile(join(folder, '.env'));
  return {
    ...{ server: kind, version: variables['MUSTER_VERSION'] ?? '', domain: variables['ITSM_DOMAIN'] ?? '' },
    ...{ places: placesOf(folder, kind), commands: stack.commands, volumes: KEPT_VOLUMES[kind] },
    nats: await natsOf(folder, stack),
    ...(kind === 'itsm' ? { postgres: await postgresOf(stack) } : {}),
    volume: async function* ({ service, path }) {
      yield* stack.commands.output(await stack.inside(service, 'sh', '-c', PACK, path));
    },
  };
}

export async function postgresOf(stack: ComposeStack): Promise<PostgresPlace> {
  const url = await stack.databaseUrl();
  if (!url) throw notRunning('postgres');
  return {
    ...{ url, commands: stack.commands },
    program: (name, args) => stack.inside('postgres', 'sh', '-c', AS_ADMIN, name, ...args),
  };
}

export async function natsOf(folder: string, stack: ComposeStack): Promise<NatsPlace> {
  const address = await stack.addressOf('nats');
  if (!address) throw notRunning('nats');
  const file = join(folder, NATS_SECRET);
  if (!existsSync(file)) {
    throw new CliError(
      EXIT.config,
      `${file} is not there: NATS has no user for backups.`,
      'Take over the docker-compose.yml of this version and run "muster setup" again.',
    );
  }
  return { url: `nats://${address}:4222`, user: 'backup', password: readFileSync(file, 'utf8').trim() };
}

/** What tells one installation's backups from another's, and says nothing about it. */
export const installationOf = (domain: string): string =>
  createHash('sha256').update(`muster ${domain.toLowerCase()}`).digest('hex').slice(0, 16);

const notRunning = (part: string): CliError =>
  new CliError(
    EXIT.unavailable,
    `${part} does not run, and a backup needs it.`,
    'Start the stack; see "muster status".',
  );
