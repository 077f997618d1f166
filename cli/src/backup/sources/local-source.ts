import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../../core/exit-codes';
import { Commands } from '../../site/commands';
import type { LocalStack } from '../../stack/local-stack';
import type { Place } from '../archive/entries';
import { PACK } from './compose-source';
import { notRunning } from './not-running';
import { installationOf } from './installation';
import { localPostgres } from './local-postgres';
import type { KeptVolume, Source } from './source';

/** The file of a local stack's data folder that nothing can make again. */
export const SECRETS = 'secrets.json';
/** Folders of services beside the authority, by service; a local stack has no volumes. */
export const KEPT_FOLDERS: readonly KeptVolume[] = [
  { service: 'downloads', path: 'packages' },
  { service: 'push-broker', path: 'broker' },
];

/** The places of a backup in a local stack's folders, which may be two. */
export const localPlaces = (data: string, open: string): Record<Place, string> => ({
  server: data,
  authority: join(open, 'authority'),
  certificates: join(open, 'certificates'),
});

/** All local stacks have the same domain: the authority's first root tells them apart. @param anchors PEM of the roots */
export const localInstallation = (anchors: string): string => installationOf(anchors.split('-----END')[0] ?? '');

/** A local stack: both servers in one. @param version of this program. @throws CliError when it does not run */
export async function localSource(stack: LocalStack, version: string, commands = new Commands()): Promise<Source> {
  const parts = await stack.parts();
  for (const needed of ['postgres', 'nats-hub', 'nats-leaf']) {
    if (!parts.some(({ name, state }) => name === needed && state === 'running')) throw notRunning(needed);
  }
  const { data, open } = stack;
  const { postgresAdmin, nats } = readSecrets(data);
  const password = nats['backup'];
  if (password === undefined) {
    throw new CliError(
      EXIT.config,
      'NATS has no user for backups: this stack was started by an older version.',
      'End it and start it again with "npm start".',
    );
  }
  return {
    ...{ server: 'local', version, domain: stack.domain, places: localPlaces(data, open), volumes: KEPT_FOLDERS },
    // Below the data folder lies everything else too, or was made from what was built.
    leaveOut: (place, path) => place === 'server' && path !== SECRETS,
    queues: [
      { at: 'server', nats: { url: stack.natsUrl('hub'), user: 'backup', password } },
      { at: 'leaf', nats: { url: stack.natsUrl('leaf'), user: 'backup', password } },
    ],
    postgres: await localPostgres(stack.postgresPort, postgresAdmin, commands),
    volume: async function* ({ path }) {
      const folder = join(open, path);
      if (existsSync(folder)) yield* commands.output({ file: 'sh', args: ['-c', PACK, folder] });
    },
  };
}

/** What the stack made at its first start. */
function readSecrets(data: string): { postgresAdmin: string; nats: Record<string, string> } {
  const file = join(data, SECRETS);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { postgresAdmin: string; nats: Record<string, string> };
  } catch (error) {
    throw new CliError(EXIT.noPermission, `${file} cannot be read.`, 'Run muster as who started the stack.', {
      cause: error,
    });
  }
}
