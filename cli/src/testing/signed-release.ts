import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** What runs the command from its image, as far as it differs from version to version. */
export const WRAPPER = '#!/bin/sh\nusual_image=muster/cli:latest\n';
export const COMPOSE = 'services:\n  key-manager:\n    image: muster/key-manager:${MUSTER_VERSION:?}\n';

/** Whoever releases, in tests. */
export class Releaser {
  private readonly keys = generateKeyPairSync('ed25519');
  readonly publicKey: KeyObject = this.keys.publicKey;

  get pem(): string {
    return this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Writes a release without archives for the ITSM server. @param images of its names @returns its folder */
  release(folder: string, version: string, oldestFrom = '1.0.0', images = ['key-manager', 'cli']): string {
    mkdirSync(join(folder, 'compose/itsm'), { recursive: true });
    const files = Object.entries({ 'compose/itsm/docker-compose.yml': COMPOSE, 'compose/muster': WRAPPER });
    for (const [path, text] of files) writeFileSync(join(folder, path), text);
    const payload = JSON.stringify({
      ...{ purpose: 'suite-release', product: 'muster', version, oldestFrom, migrations: [], archives: [] },
      images: images.map((name) => ({ name, fingerprint: sha256('an image') })),
      files: files.map(([path, text]) => ({ path, sha256: sha256(text), bytes: text.length })),
    });
    const signature = sign(null, Buffer.from(payload), this.keys.privateKey).toString('base64');
    writeFileSync(join(folder, 'release.json'), JSON.stringify({ payload, signature }));
    return folder;
  }
}
