import { join } from 'node:path';
import { readComposeFile } from '../setup/compose-file';
import { readEnvFile } from '../setup/env-file';
import type { Site } from '../site/site';
import type { Engine } from './engine';
import type { Release } from './release';

/** The image of the command itself. */
const COMMAND = 'cli';

export interface Wanted {
  /** What the server runs in the version of the release, with prefix and tag. */
  images: string[];
  /** It runs the command from its image and would be left without one: the release has none. */
  commandMissing: boolean;
}

export interface WantedBy {
  site: Pick<Site, 'folder'>;
  server: 'itsm' | 'xmpp';
  release: Release;
  engine: Pick<Engine, 'fingerprint'>;
}

/**
 * Images that a server wants of a release: those of its stack, and that of the command where it has one of the version that
 * runs. Such a server may have no other command, and one that is older than the stack knows less than it.
 */
export async function wantedImages({ site, server, release, engine }: WantedBy): Promise<Wanted> {
  const variables = readEnvFile(join(site.folder, '.env'));
  const prefix = variables['MUSTER_IMAGE_PREFIX'] || 'muster';
  const { images = [] } = readComposeFile(join(release.folder, 'compose', server), site.folder);
  const present = `${prefix}/${COMMAND}:${variables['MUSTER_VERSION'] ?? ''}`;
  const fromImage = (await engine.fingerprint(present)) !== undefined;
  const released = release.manifest.images.some(({ name }) => name === COMMAND);
  const names = [...images, ...(fromImage && released ? [COMMAND] : [])];
  return {
    images: names.map((name) => `${prefix}/${name}:${release.manifest.version}`),
    commandMissing: fromImage && !released,
  };
}
