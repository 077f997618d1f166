import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { publicKeysIn, readManifest } from './manifest';

const folder = testFolder();
const [mine, theirs] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const digest = 'a'.repeat(64);
const MANIFEST = {
  ...{ purpose: 'suite-release', product: 'muster', version: '1.2.0', oldestFrom: '1.0.0' },
  images: [{ name: 'rmm-logs', fingerprint: digest }],
  migrations: [{ schema: 'rmm_logs', names: ['CreateRmmLogs1763712000000'] }],
  files: [{ path: 'compose/itsm/docker-compose.yml', sha256: digest, bytes: 12 }],
  archives: [{ server: 'itsm', path: 'images-itsm.tar', sha256: digest, bytes: 12 }],
};

let count = 0;
function file(content: unknown, key = mine.privateKey, change = (text: string): string => text): string {
  const payload = JSON.stringify(content);
  const signature = sign(null, Buffer.from(payload), key).toString('base64');
  const path = join(folder, `release-${++count}.json`);
  writeFileSync(path, change(JSON.stringify({ payload, signature })));
  return path;
}

describe('the manifest of a release', () => {
  it('is believed when any of the trusted keys signed exactly this text', () => {
    const keys = [theirs.publicKey, mine.publicKey];
    expect(readManifest(file(MANIFEST), keys)).toEqual(MANIFEST);
    expect(readManifest(file({ ...MANIFEST, more: 'from later' }), keys)).toEqual(MANIFEST);
  });

  it.each<[string, () => string, string]>([
    ['signed by somebody else', () => file(MANIFEST, theirs.privateKey), 'is not signed by a release key'],
    [
      'changed in one place',
      () => file(MANIFEST, undefined, (text) => text.replace('1.0.0', '0.0.1')),
      'is not signed',
    ],
    ['cut off', () => file(MANIFEST, undefined, (text) => text.slice(0, -40)), 'is damaged'],
    ['for something else', () => file({ ...MANIFEST, purpose: 'release' }), 'is damaged: purpose'],
    ['with a version that is none', () => file({ ...MANIFEST, version: 'latest' }), 'is damaged: version'],
    [
      'that leads out of its folder',
      () => file({ ...MANIFEST, files: [{ ...MANIFEST.files[0], path: '../../etc/passwd' }] }),
      'is damaged: files',
    ],
    ['that is not there', () => join(folder, 'nothing.json'), 'There is no'],
  ])('%s is refused', (_what, make, sentence) => {
    expect(() => readManifest(make(), [mine.publicKey])).toThrow(sentence);
  });
});

describe('release keys', () => {
  const pem = (key: typeof mine.publicKey): string => key.export({ type: 'spki', format: 'pem' }).toString();

  it('may be several in one file', () => {
    const path = join(folder, 'keys.pem');
    writeFileSync(path, `the old one\n${pem(mine.publicKey)}the new one\n${pem(theirs.publicKey)}`);
    expect(publicKeysIn(path)).toHaveLength(2);
  });

  it.each([
    ['of another kind', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)],
    ['that are damaged', pem(mine.publicKey).replace(/MCow/, 'MCox')],
    ['that are none', 'hello'],
  ])('%s are refused', (_what, text) => {
    const path = join(folder, 'wrong.pem');
    writeFileSync(path, text);
    expect(() => publicKeysIn(path)).toThrow('holds no Ed25519 public key');
  });
});
