import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { writeBackupFile } from './backup-file';
import { backupName, ownBackups, removeSuperfluous } from './retention';

const CHEAP = { N: 2 ** 10, r: 8, p: 1 };
const folder = testFolder();
const day = (number: number): Date => new Date(Date.UTC(2025, 5, number, 2, 30));

async function made(number: number, installation = 'ours', name = backupName('itsm', day(number))): Promise<string> {
  const facts = { version: '1.2.3', takenAt: day(number).toISOString(), server: 'itsm', installation } as const;
  await writeBackupFile(join(folder, name), facts, 'correct horse battery staple', async () => undefined, CHEAP);
  return name;
}

describe('retention', () => {
  it('knows backups that it made of this installation, and nothing else', async () => {
    const own = [await made(1), await made(2), await made(3)];
    await made(4, 'theirs');
    await made(5, 'ours', 'by-hand.backup');
    writeFileSync(join(folder, backupName('itsm', day(6))), 'no backup');
    writeFileSync(join(folder, backupName('xmpp', day(6))), 'of the other server');
    const known = await ownBackups(folder, 'itsm', 'ours');
    expect(known.map(({ file }) => file)).toEqual(own.reverse().map((name) => join(folder, name)));
    expect(own.at(-1)).toBe('muster-itsm-20250601T023000Z.backup');

    const others = readdirSync(folder).length;
    expect(removeSuperfluous(known, { keep: 2 })).toEqual([join(folder, own.at(-1) ?? '')]);
    expect(readdirSync(folder)).toHaveLength(others - 1);
    // By age, and the newest stays however old it is.
    const left = await ownBackups(folder, 'itsm', 'ours');
    expect(removeSuperfluous(left, { keepDays: 7 }, Date.UTC(2030, 0, 1))).toHaveLength(1);
    expect(existsSync(join(folder, own[0] ?? ''))).toBe(true);
    expect(removeSuperfluous(await ownBackups(folder, 'itsm', 'ours'), { keep: 1, keepDays: 1 })).toEqual([]);
  });

  it('finds nothing in a folder that is not there', async () => {
    expect(await ownBackups(join(folder, 'nowhere'), 'itsm', 'ours')).toEqual([]);
  });
});
