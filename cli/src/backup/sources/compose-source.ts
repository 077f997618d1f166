import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { readEnvFile } from '../../setup/env-file';
import type { ComposeStack } from '../../stack/compose-stack';
import type { NatsPlace } from './jet-streams';
import { notRunning } from './not-running';
import type { PostgresPlace } from './postgres';
import { isLeftOut, placesOf } from './server-places';
import type { KeptVolume, Source } from './source';

export const KEPT_VOLUMES: Readonly<Record<'itsm' | 'xmpp', readonly KeptVolume[]>> = {
  itsm: [{ service: 'downloads', path: '/var/lib/muster/packages' }],
  xmpp: [{ service: 'push-broker', path: '/var/lib/muster/push-broker' }],
};

/** tar ends with 1 where a file changed or went while it was read, which is not a fault here: those are drafts. */
export const PACK = 'tar -C "$0" -cf - . || [ $? -eq 1 ]';
/** The password is read where it is, so that it stands on no command line. */
const AS_ADMIN =
  'PGPASSWORD=$(cat /run/secrets/postgres-admin) exec "$0" -h 127.0.0.1 -U muster_admin -d postgres "$@"';
const NATS_SECRET = 'secrets/nats-backup';

/** One server with Docker. @throws CliError when a part that a backup needs is not there */
export async function composeSource(server: 'itsm' | 'xmpp', folder: string, stack: ComposeStack): Promise<Source> {
  const variables = readEnvFile(join(folder, '.env'));
  return {
    ...{ server, version: variables['MUSTER_VERSION'] ?? '', domain: variables['ITSM_DOMAIN'] ?? '' },
    ...{ places: placesOf(folder, server), volumes: KEPT_VOLUMES[server] },
    leaveOut: (_place, path) => isLeftOut(path),
    queues: [{ at: 'server', nats: await natsOf(folder, stack) }],
    ...(server === 'itsm' ? { postgres: await postgresOf(stack) } : {}),
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
