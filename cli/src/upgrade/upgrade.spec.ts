import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { COMPOSE, Releaser } from '../testing/signed-release';

const root = testFolder();
const releaser = new Releaser();
const key = join(root, 'release.pub');
writeFileSync(key, releaser.pem);
let server = '';
let count = 0;

beforeEach(() => {
  server = join(root, `server-${++count}`);
  mkdirSync(server);
  writeFileSync(join(server, 'docker-compose.yml'), COMPOSE);
  writeFileSync(join(server, '.env'), 'ITSM_DOMAIN=itsm.company.test\nMUSTER_VERSION=1.0.0\n');
});

const release = (version: string, oldestFrom?: string): string =>
  releaser.release(join(root, `release-${version}`), version, oldestFrom);
const upgrade = (folder: string, ...more: string[]) =>
  muster('upgrade', '--dir', server, '--release-dir', folder, '--release-key', key, ...more);
const state = (): string[] => readdirSync(server).map((name) => `${name}: ${readFileSync(join(server, name), 'utf8')}`);

describe('an upgrade without an engine', () => {
  it.each<[string, number, string, () => ReturnType<typeof upgrade>]>([
    ['that skips a version', 78, 'Upgrade to 1.5.0 first, then to 2.0.0.', () => upgrade(release('2.0.0', '1.5.0'))],
    ['to an older version', 78, 'there is no way back by an upgrade', () => upgrade(release('0.9.0', '0.1.0'))],
    ['that is nowhere', 66, 'There is no release 3.0.0 here.', () => upgrade(release('1.1.0'), '--to', '3.0.0')],
    ['without a passphrase', 64, 'no passphrase is given', () => upgrade(release('1.1.0'))],
    ['where Docker does not answer', 78, 'nothing was changed', () => upgrade(release('1.1.0'), '--no-backup')],
    ['with a number that is none', 64, 'wait', () => upgrade(release('1.1.0'), '--wait', 'long')],
    [
      'by a key that signed nothing of it',
      65,
      'is not signed by a release key that is trusted here',
      () => {
        const other = join(root, 'other.pub');
        writeFileSync(other, new Releaser().pem);
        return muster('upgrade', '--dir', server, '--release-dir', release('1.1.0'), '--release-key', other);
      },
    ],
    [
      'whose compose file was changed',
      65,
      'is not what was signed',
      () => {
        const changed = join(root, 'changed');
        cpSync(release('1.1.0'), changed, { recursive: true });
        writeFileSync(join(changed, 'compose/itsm/docker-compose.yml'), COMPOSE.replace('muster/', 'evil__/'));
        return upgrade(changed, '--no-backup');
      },
    ],
    [
      'whose program for servers without Node.js was changed',
      65,
      'is not what was signed',
      () => {
        const changed = join(root, 'changed-wrapper');
        cpSync(release('1.1.0'), changed, { recursive: true });
        writeFileSync(join(changed, 'compose/muster'), '#!/bin/sh\nusual_image=evil__/cli:latest\n');
        return upgrade(changed, '--no-backup');
      },
    ],
    [
      'of a server with coturn alone',
      64,
      'is the folder of a TURN server alone',
      () => {
        writeFileSync(join(server, 'docker-compose.yml'), 'services:\n  coturn: {}\n');
        return upgrade(release('1.1.0'));
      },
    ],
  ])('%s is refused, and nothing is changed', async (_what, code, sentence, attempt) => {
    const docker = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = 'unix:///nowhere/docker.sock';
    try {
      const before = state();
      const refused = await attempt();
      expect(refused).toMatchObject({ code, printed: '' });
      expect(refused.told).toContain(sentence);
      if (!sentence.includes('TURN')) expect(state()).toEqual(before);
      expect(readdirSync(server).sort()).toEqual(['.env', 'docker-compose.yml']);
    } finally {
      if (docker === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = docker;
    }
  });

  it('has nothing to do for the version that runs', async () => {
    expect(await upgrade(release('1.0.0'))).toMatchObject({ code: 0, printed: '1.0.0 runs already.\n' });
  });

  it('wants an upgrade that was interrupted to be finished before another', async () => {
    writeFileSync(join(server, 'upgrade.json'), '{"from":"1.0.0","to":"1.1.0"}');
    const refused = await upgrade(release('1.2.0'), '--no-backup');
    expect(refused).toMatchObject({ code: 78 });
    expect(refused.told).toContain('An upgrade from 1.0.0 to 1.1.0 was interrupted here.');
  });

  it('puts the files in their places where only that was left', async () => {
    const pauses = [{ services: ['nats'], seconds: 3.21 }, { services: ['web', 'anchors'] }];
    const interrupted = { from: '1.0.0', to: '1.1.0', backup: '/srv/backup', pauses, placing: true };
    writeFileSync(join(server, 'upgrade.json'), JSON.stringify(interrupted));
    writeFileSync(join(server, '.env.upgrade'), 'ITSM_DOMAIN=itsm.company.test\nMUSTER_VERSION=1.1.0\n');
    const done = await upgrade(release('1.1.0'), '--no-backup');
    expect(done).toMatchObject({ code: 0 });
    for (const line of [
      'With a pause of 3.2 s: nats.',
      'With a pause that was not measured, since the upgrade was interrupted in it: web, anchors.',
      'Backup: /srv/backup.',
    ]) {
      expect(done.printed).toContain(`${line}\n`);
    }
    expect(readFileSync(join(server, '.env'), 'utf8')).toContain('MUSTER_VERSION=1.1.0');
    expect(readdirSync(server).sort()).toEqual(['.env', 'docker-compose.yml', 'muster', 'release-key.pem']);
    expect(readFileSync(join(server, 'muster'), 'utf8')).toContain('usual_image=muster/cli:1.1.0\n');
  });
});
