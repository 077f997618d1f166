import { join } from 'node:path';
import { readEnvFile } from '../../setup/env-file';
import type { Site } from '../../site/site';
import { ComposeStack } from '../../stack/compose-stack';
import { LocalStack } from '../../stack/local-stack';
import type { Place, QueuesAt, ServerKind } from '../archive/entries';
import { composeSource } from './compose-source';
import { installationOf } from './installation';
import type { NatsPlace } from './jet-streams';
import { localInstallation, localSource } from './local-source';
import type { PostgresPlace } from './postgres';

/** A service's files in a volume that are nowhere else. Caches (installers) and copies (anchors) are made again. */
export interface KeptVolume {
  service: string;
  path: string;
}

/** Everything that a server's backup is made of: all in which a server with Docker and a local stack differ. */
export interface Source {
  server: ServerKind;
  version: string;
  domain: string;
  places: Partial<Record<Place, string>>;
  /** Whether a path below a place, with `/`, is no part of a backup. */
  leaveOut(place: Place, path: string): boolean;
  /** Where the facts are that services tell each other comes first. */
  queues: readonly { at: QueuesAt; nats: NatsPlace }[];
  /** Not on the XMPP server. */
  postgres?: PostgresPlace;
  volumes: readonly KeptVolume[];
  /** The content of a kept volume, as a tar archive. */
  volume(kept: KeptVolume): AsyncGenerator<Buffer>;
}

/** @param version of this program @throws CliError when a part that a backup needs is not there */
export async function sourceOf(site: Site, version: string): Promise<Source> {
  const { stack, folder, kind } = site;
  if (stack instanceof LocalStack) return localSource(stack, version);
  if (stack instanceof ComposeStack) return composeSource(kind === 'xmpp' ? 'xmpp' : 'itsm', folder, stack);
  throw new Error(`nobody knows how to back up a stack of the kind ${stack.kind}`);
}

/** As its backups say it. */
export const installationAt = ({ stack, folder, roots }: Site): string =>
  stack instanceof LocalStack
    ? localInstallation(roots[0] ?? '')
    : installationOf(readEnvFile(join(folder, '.env'))['ITSM_DOMAIN'] ?? '');
