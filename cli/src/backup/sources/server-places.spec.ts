import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placesFor } from '../restore/restored-folder';
import { testFolder } from '../../testing/folder';
import { readArchive } from '../archive/archive-reader';
import { ArchiveWriter } from '../archive/archive-writer';
import type { EntryHead, Place } from '../archive/entries';
import { addFolder, placeEntry, placesOf } from './server-places';

const root = testFolder();
const source = join(root, 'source');
mkdirSync(join(source, 'secrets'), { recursive: true, mode: 0o700 });
mkdirSync(join(source, 'authority/secrets'), { recursive: true });
mkdirSync(join(source, 'backups'));
mkdirSync(join(source, 'before-restore-20250601T023000Z'));
writeFileSync(join(source, 'secrets/nats-leaf'), 'secret');
chmodSync(join(source, 'secrets/nats-leaf'), 0o440);
writeFileSync(join(source, 'authority/secrets/service.key'), 'key');
writeFileSync(join(source, 'backups/old.backup'), 'x');
symlinkSync('secrets/nats-leaf', join(source, 'link'));
execFileSync('mkfifo', [join(source, 'pipe')]);

async function packed(): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const archive = new ArchiveWriter({ write: async (data) => void pieces.push(Buffer.from(data)) });
  await addFolder(archive, 'server', source);
  await archive.end();
  return Buffer.concat(pieces);
}
async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('the files of a server', () => {
  it('come back with their rights, links and content; backups, pipes and what was moved aside do not', async () => {
    const target = join(root, 'target');
    const paths: string[] = [];
    for await (const { head, data } of readArchive(once(await packed()))) {
      if (head.kind !== 'file' && head.kind !== 'folder' && head.kind !== 'link') continue;
      paths.push(head.path);
      await placeEntry({ server: target }, head, data);
    }
    expect(paths).toEqual([
      ...[
        '',
        'authority',
        'authority/secrets',
        'authority/secrets/service.key',
        'link',
        'secrets',
        'secrets/nats-leaf',
      ],
    ]);
    expect(readFileSync(join(target, 'authority/secrets/service.key'), 'utf8')).toBe('key');
    expect(statSync(join(target, 'secrets/nats-leaf')).mode & 0o777).toBe(0o440);
    expect(statSync(join(target, 'secrets')).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(target, 'link')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(target, 'link'))).toBe('secrets/nats-leaf');
    const written = (folder: string) => statSync(join(folder, 'secrets/nats-leaf')).mtimeMs;
    expect(written(target)).toBeCloseTo(written(source), -1);
  });

  it.each(['../outside', '/etc/passwd', 'a/../../b'])('never go to %s', async (path) => {
    const head: EntryHead = { kind: 'file', place: 'server', path, mode: 0o600, uid: 0, gid: 0, mtime: '' };
    const placing = placeEntry({ server: root }, head as Extract<EntryHead, { kind: 'file' }>, once(Buffer.alloc(1)));
    await expect(placing).rejects.toThrow('outside of its places');
  });

  it('are looked for where .env says, also outside of the folder', () => {
    const folder = join(root, 'with-env');
    mkdirSync(folder);
    const named = (text: string): Partial<Record<Place, string>> => {
      writeFileSync(join(folder, '.env'), text);
      return placesOf(folder, 'itsm');
    };
    expect(named('ITSM_CERTS_DIR=./certs\n')).toEqual({ server: folder });
    expect(named('AUTHORITY_DIR=/srv/authority\n')).toEqual({
      ...{ server: folder, authority: '/srv/authority', certificates: '/opt/itsm/web/certs' },
    });
    expect(placesFor(folder, 'itsm', { ITSM_CERTS_DIR: './certs' })).toEqual({
      ...{ server: folder, authority: '/srv/authority', certificates: join(folder, 'certs') },
    });
  });
});
