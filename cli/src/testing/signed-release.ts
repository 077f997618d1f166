import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
export const COMPOSE = 'services:\n  key-manager:\n    image: muster/key-manager:${MUSTER_VERSION:?}\n';

/** Whoever releases, in tests. */
export class Releaser {
  private readonly keys = generateKeyPairSync('ed25519');
  readonly publicKey: KeyObject = this.keys.publicKey;

  get pem(): string {
    return this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Writes a release without archives for the ITSM server. @returns its folder */
  release(folder: string, version: string, oldestFrom = '1.0.0'): string {
    mkdirSync(join(folder, 'compose/itsm'), { recursive: true });
    writeFileSync(join(folder, 'compose/itsm/docker-compose.yml'), COMPOSE);
    const payload = JSON.stringify({
      ...{ purpose: 'suite-release', product: 'muster', version, oldestFrom, migrations: [], archives: [] },
      images: [{ name: 'key-manager', fingerprint: sha256('an image') }],
      files: [{ path: 'compose/itsm/docker-compose.yml', sha256: sha256(COMPOSE), bytes: COMPOSE.length }],
    });
    const signature = sign(null, Buffer.from(payload), this.keys.privateKey).toString('base64');
    writeFileSync(join(folder, 'release.json'), JSON.stringify({ payload, signature }));
    return folder;
  }
}
