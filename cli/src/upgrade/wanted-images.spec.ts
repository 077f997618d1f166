import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { COMPOSE, Releaser } from '../testing/signed-release';
import { readManifest } from './manifest';
import type { Release } from './release';
import { wantedImages } from './wanted-images';

const root = testFolder();
const releaser = new Releaser();
const folder = join(root, 'server');
mkdirSync(folder);
writeFileSync(join(folder, 'docker-compose.yml'), COMPOSE);
writeFileSync(join(folder, '.env'), 'MUSTER_IMAGE_PREFIX=registry.test/muster\nMUSTER_VERSION=1.0.0\n');

/** @param images of the release @param here those of the server */
async function wanted(images: string[], here: string[]) {
  const place = releaser.release(join(root, images.join('-')), '1.1.0', '1.0.0', images);
  const manifest = readManifest(join(place, 'release.json'), [releaser.publicKey]);
  const release: Release = { folder: place, manifest };
  const engine = { fingerprint: async (image: string) => (here.includes(image) ? 'known' : undefined) };
  return wantedImages({ site: { folder }, server: 'itsm', release, engine });
}
const COMMAND = 'registry.test/muster/cli:1.0.0';
const stack = 'registry.test/muster/key-manager:1.1.0';

describe('a server', () => {
  it('that runs the command from its image wants the next one too', async () => {
    expect(await wanted(['key-manager', 'cli'], [COMMAND])).toEqual({
      images: [stack, 'registry.test/muster/cli:1.1.0'],
      commandMissing: false,
    });
  });

  it('that has no such image, or one of another version or place, wants those of its stack alone', async () => {
    for (const here of [[], ['muster/cli:1.0.0'], ['registry.test/muster/cli:0.9.0']]) {
      expect(await wanted(['key-manager', 'cli'], here)).toEqual({ images: [stack], commandMissing: false });
    }
  });

  it('would be left without a command by a release that has none', async () => {
    expect(await wanted(['key-manager'], [COMMAND])).toEqual({ images: [stack], commandMissing: true });
    expect(await wanted(['key-manager'], [])).toEqual({ images: [stack], commandMissing: false });
  });
});
