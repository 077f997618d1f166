import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { COMPOSE, Releaser } from '../testing/signed-release';
import { fingerprintOf } from './fingerprint';
import { fileOf, findRelease, releaseFolders } from './release';
import { keepKeys, trustedKeys } from './release-keys';

const root = testFolder();
const releaser = new Releaser();
const { publicKey } = releaser;
const release = (place: string, version: string): string => releaser.release(join(root, place), version);

describe('releases on a server', () => {
  const [unpacked, ...others] = [
    release('program', '1.1.0'),
    release('releases/a', '1.10.0'),
    release('releases/b', '1.9.0'),
  ];
  const folders = releaseFolders([join(root, 'program'), root, '/nowhere']);

  it('are found beside the program and in the folder of releases: the newest, or the one that is asked for', () => {
    expect([...folders].sort()).toEqual([unpacked, ...others].sort());
    expect(findRelease(folders, [publicKey]).manifest.version).toBe('1.10.0');
    expect(findRelease(folders, [publicKey], '1.9.0').folder).toBe(others[1]);
    expect(() => findRelease(folders, [publicKey], '2.0.0')).toThrow('There is no release 2.0.0 here.');
    expect(() => findRelease([], [publicKey])).toThrow('no release here to upgrade to');
  });

  it('give only files that are what was signed', async () => {
    const found = findRelease(folders, [publicKey], '1.1.0');
    const [compose] = found.manifest.files;
    if (!compose) throw new Error('there is a file');
    const path = await fileOf(found, compose);
    expect(readFileSync(path, 'utf8')).toBe(COMPOSE);
    writeFileSync(path, COMPOSE.replace('s', 'S'));
    await expect(fileOf(found, compose)).rejects.toThrow('its content is another');
    writeFileSync(path, COMPOSE.slice(1));
    await expect(fileOf(found, compose)).rejects.toThrow(
      `it has ${COMPOSE.length - 1} bytes instead of ${COMPOSE.length}`,
    );
    await expect(fileOf(found, { ...compose, path: 'compose/turn' })).rejects.toThrow('is missing');
  });

  it('are trusted by the keys that the server has kept, not by those that come later', () => {
    const server = join(root, 'server');
    mkdirSync(server);
    expect(() => trustedKeys(server)).toThrow('Nobody is known whose releases are trusted here.');
    expect(() => trustedKeys(server, join(root, 'nothing.pub'))).toThrow('There is no file');
    const named = join(root, 'named.pub');
    writeFileSync(named, releaser.pem);
    keepKeys(server, trustedKeys(server, named));
    writeFileSync(named, new Releaser().pem);
    keepKeys(server, trustedKeys(server, named));
    expect(trustedKeys(server).keys[0]?.equals(publicKey)).toBe(true);
  });
});

describe('what an image does', () => {
  const image = { Id: 'sha256:1', RootFS: { Layers: ['a', 'b'] }, Config: { Cmd: ['x'], Env: ['A=b'], User: '1' } };

  it('is the same whatever it is called, and however an engine writes what is absent', () => {
    const labelled = {
      ...image,
      Id: 'sha256:2',
      Config: { ...image.Config, Labels: { version: '2' }, Entrypoint: null },
    };
    expect(fingerprintOf(labelled)).toBe(fingerprintOf(image));
  });

  it.each([
    { ...image, RootFS: { Layers: ['a', 'c'] } },
    { ...image, Config: { ...image.Config, Cmd: null, Entrypoint: ['x'] } },
    { ...image, Config: { ...image.Config, User: '0' } },
    { ...image, Config: { ...image.Config, Env: ['A=c'] } },
  ])('is another with other layers, programs, variables or users', (other) =>
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(image)),
  );
});
