import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { Commands } from '../../site/commands';
import { CapturedTerminal } from '../../testing/captured-terminal';
import { testFolder } from '../../testing/folder';
import type { EntryHead, Manifest } from '../archive/entries';
import { writeBackupFile } from '../backup-file';
import { ComposeTarget } from './compose-target';
import { imagesIn } from './images';
import { restoreBackup } from './restore-backup';

const root = testFolder();
const PASSPHRASE = 'correct horse battery staple';
const COMPOSE = readFileSync(join(import.meta.dirname, '../../../../compose/itsm/docker-compose.yml'), 'utf8');
const calls = join(root, 'calls');

/** A stand-in for the command `docker`, which has no image and no registry, and remembers what it was asked. */
function engine(volumes: string, images = false): Commands {
  const folder = join(root, 'bin');
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh
echo "$*" >>${calls}
case $1 in
  volume) if [ "$2" = ls ]; then echo "${volumes}"; else exit 1; fi ;;
  ps) ;;
  image) ${images ? 'echo sha256:f00' : 'exit 1'} ;;
  system) echo '[{"Name":"running_postgres","Size":"1.2GB"},{"Name":"of-another","Size":"9TB"}]' ;;
  info) echo /nowhere ;;
  pull) echo "Error: pull access denied" >&2; exit 1 ;;
  *) exit 1 ;;
esac
`;
  writeFileSync(join(folder, 'docker'), script);
  chmodSync(join(folder, 'docker'), 0o755);
  return new Commands({ ...env, PATH: `${folder}:${env['PATH'] ?? ''}` });
}

async function backup(): Promise<string> {
  const file = join(root, 'itsm.backup');
  if (existsSync(file)) return file;
  const takenAt = '2025-06-01T02:30:00.000Z';
  const facts = { version: '1.2.3', takenAt, server: 'itsm', installation: 'x' } as const;
  const manifest: Manifest = { server: 'itsm', version: '1.2.3', takenAt, domain: 'itsm.company.test', migrations: {} };
  const at = { place: 'server', mode: 0o600, uid: 0, gid: 0, mtime: takenAt } as const;
  const named = (path: string): EntryHead => ({ kind: 'file', path, ...at });
  const fill: Parameters<typeof writeBackupFile>[3] = async (archive) => {
    await archive.add(named('.env'), Buffer.from('MUSTER_VERSION=1.2.3\nMUSTER_IMAGE_PREFIX=registry.test/muster\n'));
    await archive.add(named('docker-compose.yml'), Buffer.from(COMPOSE));
    await archive.add({ kind: 'manifest', manifest });
    await archive.add({ kind: 'postgres' });
  };
  await writeBackupFile(file, facts, PASSPHRASE, fill, { N: 2 ** 10, r: 8, p: 1 });
  return file;
}

const restore = async (folder: string, commands: Commands, replace: boolean, free?: () => number) => {
  const terminal = new CapturedTerminal();
  const common = { version: '1.2.3', terminal };
  return restoreBackup({
    ...{ ...common, file: await backup(), passphrase: PASSPHRASE, replace, revokeCredentials: false },
    ...(free ? { free } : {}),
    target: new ComposeTarget({ ...common, folder, changes: {}, start: true, waitSeconds: 1, commands }),
  });
};

beforeEach(() => writeFileSync(calls, ''));

describe('a restore', () => {
  it('stops while everything is as before when an image cannot be had', async () => {
    const folder = join(root, 'running');
    mkdirSync(folder);
    writeFileSync(join(folder, '.env'), 'ITSM_DOMAIN=itsm.company.test\n');
    await expect(restore(folder, engine('running_postgres'), true)).rejects.toThrow(
      'The image registry.test/muster/edge:1.2.3 is neither here nor can it be fetched (Error: pull access denied). Nothing was changed.',
    );
    expect(readdirSync(folder)).toEqual(['.env']);
    expect(readFileSync(calls, 'utf8')).not.toMatch(/\b(down|rm|stop|up)\b/);
  });

  it('stops while everything is as before when there is too little room, counting what the replaced volumes take', async () => {
    const folder = join(root, 'full');
    mkdirSync(folder);
    writeFileSync(join(folder, '.env'), 'ITSM_DOMAIN=itsm.company.test\n');
    const attempt = (free: number) => restore(folder, engine('running_postgres', true), true, () => free);
    await expect(attempt(200_000_000)).rejects.toThrow(
      new RegExp(
        `The restore needs 15\\d\\d MB on the disk of ${folder}, and 200 MB are free, 1400 MB once .+ Nothing was changed`,
      ),
    );
    expect(readdirSync(folder)).toEqual(['.env']);
    expect(readFileSync(calls, 'utf8')).not.toMatch(/\b(down|rm|stop|up)\b/);
    // With room it goes on, and the engine of this test takes nothing down.
    await expect(attempt(400_000_000)).rejects.toThrow('What runs there could not be taken down');
  });

  it('does not touch a folder in use, or volumes that are left of a stack, without being told to', async () => {
    const folder = join(root, 'used');
    mkdirSync(join(folder, 'secrets'), { recursive: true });
    await expect(restore(folder, engine(''), false)).rejects.toThrow(`${folder} is in use: the files secrets.`);
    const fresh = join(root, 'fresh');
    await expect(restore(fresh, engine('fresh_postgres'), false)).rejects.toThrow(
      'is in use: 1 volumes with their data',
    );
    expect(existsSync(fresh)).toBe(false);
  });
});

describe('the images that a stack wants', () => {
  it('are named by its compose file, its variables and the version', () => {
    const images = imagesIn(COMPOSE, {}, '2.0.0');
    expect(images).toEqual(
      expect.arrayContaining(['muster/edge:2.0.0', 'muster/key-manager:2.0.0', 'muster/nats:2.0.0']),
    );
    expect(new Set(images).size).toBe(images.length);
    const xmpp = COMPOSE.replaceAll('/bip:', '/coturn:');
    expect(imagesIn(xmpp, {}, '2.0.0')).not.toContain('muster/coturn:2.0.0');
    expect(imagesIn(xmpp, { COMPOSE_PROFILES: 'turn' }, '2.0.0')).toContain('muster/coturn:2.0.0');
  });
});
