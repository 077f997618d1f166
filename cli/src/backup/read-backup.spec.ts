import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import type { ArchiveWriter } from './archive/archive-writer';
import type { EntryHead, Manifest } from './archive/entries';
import { writeBackupFile } from './backup-file';
import { refuseNewer } from './read-backup';
import { installationOf } from './sources/installation';

const folder = testFolder();
const PASSPHRASE = 'correct horse battery staple';
const passphrase = join(folder, 'passphrase');
writeFileSync(passphrase, `${PASSPHRASE}\n`);
const manifest = (more: Partial<Manifest> = {}): Manifest => ({
  ...{ server: 'itsm', version: '1.2.3', takenAt: '2025-06-01T02:30:00.000Z', domain: 'itsm.company.test' },
  ...{
    migrations: { core: ['CreateOutbox1700000000000', 'CreateCore1763683200000'] },
    postgres: '15.8',
    devices: 3,
    ...more,
  },
});

async function backup(name: string, heads: EntryHead[]): Promise<string> {
  const path = join(folder, name);
  const facts = { version: '1.2.3', takenAt: '2025-06-01T02:30:00.000Z', server: 'itsm', installation: 'x' } as const;
  const fill = async (archive: ArchiveWriter): Promise<void> => {
    for (const head of heads) await archive.add(head, Buffer.from('data'));
  };
  await writeBackupFile(path, facts, PASSPHRASE, fill, { N: 2 ** 10, r: 8, p: 1 });
  return path;
}
const usual = (more?: Partial<Manifest>): EntryHead[] => [
  { kind: 'stream', name: 'EVENTS', config: {}, state: {} },
  { kind: 'manifest', manifest: manifest(more) },
  { kind: 'postgres' },
];

describe('muster backup verify', () => {
  it('says what a backup holds', async () => {
    const file = await backup('good.backup', usual());
    const { code, printed } = await muster('backup', 'verify', file, '--passphrase-file', passphrase, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ manifest: manifest(), streams: ['EVENTS'], volumes: [] });
  });

  it('refuses one without a database, a wrong passphrase and a short one', async () => {
    const [stream, about] = usual();
    const file = await backup('half.backup', [stream as EntryHead, about as EntryHead]);
    expect(await muster('backup', 'verify', file, '--passphrase-file', passphrase)).toMatchObject({ code: 65 });
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'correct horse battery stable');
    const refused = await muster('backup', 'verify', file, '--passphrase-file', wrong);
    expect(refused).toMatchObject({ code: 65, told: expect.stringContaining('The passphrase is not that of') });
    writeFileSync(wrong, 'short');
    const short = await muster('backup', 'verify', file, '--passphrase-file', wrong);
    expect(short.told).toContain('has less than 12 characters');
  });
});

describe('muster restore', () => {
  const restore = (file: string, target: string, ...more: string[]) =>
    muster('restore', file, '--dir', target, '--passphrase-file', passphrase, ...more);

  it.each([
    ['of a newer version', { version: '1.3.0' }, 'newer than this one, 1.2.3'],
    [
      'whose database a newer version made',
      { migrations: { core: ['Future1999999999999'] } },
      'core.Future1999999999999',
    ],
  ])('refuses a backup %s, and leaves the folder as it is', async (_what, more, words) => {
    const file = await backup(`${words.length}.backup`, usual(more));
    const target = join(folder, `fresh-${words.length}`);
    mkdirSync(target);
    expect(await restore(file, target)).toMatchObject({ code: 65, told: expect.stringContaining(words) });
    expect(readdirSync(target)).toEqual([]);
  });

  it('refuses a list of revocations of another installation', async () => {
    const file = await backup('listed.backup', usual());
    const list = join(folder, 'revocations.json');
    const other = { kind: 'muster-revocations', installation: installationOf('other.test'), at: '', revocations: [] };
    writeFileSync(list, JSON.stringify(other));
    const target = join(folder, 'not-made');
    const refused = await restore(file, target, '--revocations', list);
    expect(refused).toMatchObject({ code: 65, told: expect.stringContaining('is of another installation') });
    expect(existsSync(target)).toBe(false);
  });

  it.each(['X', 'MUSTER_VERSION=9.0.0', 'A=$B'])('refuses --set %s', async (given) => {
    const file = await backup(`set-${given.length}.backup`, usual());
    expect(await restore(file, join(folder, 'nowhere'), '--set', given)).toMatchObject({ code: 64 });
  });
});

describe('a version', () => {
  it('is restored by itself and by later ones', () => {
    for (const own of ['1.2.3', '1.2.4', '2.0.0', 'unknown']) expect(() => refuseNewer(manifest(), own)).not.toThrow();
    expect(() => refuseNewer(manifest(), '1.2.3-rc.1')).toThrow('newer than this one');
  });
});
