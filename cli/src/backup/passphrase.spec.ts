import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { passphraseOf } from './passphrase';

const folder = testFolder();
const file = join(folder, 'passphrase');
writeFileSync(file, 'from a file, with spaces \n');
writeFileSync(join(folder, 'docker-compose.yml'), 'services: { web: {} }\n');
writeFileSync(join(folder, '.env'), 'ITSM_DOMAIN=itsm.company.test\nITSM_XMPP_IP=192.0.2.11\n');
const typing =
  (...answers: string[]) =>
  async (): Promise<string> =>
    answers.shift() ?? '';

describe('the passphrase of a backup', () => {
  it('is that of the option, else of the environment, else what a person types', async () => {
    const options = { twice: false, ask: typing('typed by a person') };
    const text = 'from a file, with spaces ';
    expect(await passphraseOf(file, { BACKUP_PASSPHRASE_FILE: '/nowhere' }, options)).toBe(text);
    expect(await passphraseOf(undefined, { BACKUP_PASSPHRASE_FILE: file }, options)).toBe(text);
    expect(await passphraseOf(undefined, { MUSTER_BACKUP_PASSPHRASE_FILE: file }, options)).toBe(text);
    expect(await passphraseOf(undefined, {}, options)).toBe('typed by a person');
  });

  it('is typed twice where a slip would lock everybody out', async () => {
    const same = { twice: true, ask: typing('long enough, really', 'long enough, really') };
    expect(await passphraseOf(undefined, {}, same)).toBe('long enough, really');
    const other = { twice: true, ask: typing('long enough, really', 'long enough, reelly') };
    await expect(passphraseOf(undefined, {}, other)).rejects.toThrow('two different passphrases');
  });

  it('is missing, not there, empty or too short', async () => {
    await expect(passphraseOf(undefined, {}, { twice: false, ask: undefined })).rejects.toMatchObject({ exitCode: 64 });
    await expect(passphraseOf('/nowhere', {}, { twice: false })).rejects.toMatchObject({ exitCode: 66 });
    await expect(passphraseOf(undefined, {}, { twice: false, ask: typing('') })).rejects.toThrow('is empty');
    await expect(passphraseOf(undefined, {}, { twice: false, ask: typing('short') })).rejects.toThrow('less than 12');
  });
});

describe('muster backup', () => {
  it.each([
    ['neither a file nor a folder', []],
    ['both', ['one.backup', '--to', folder]],
    ['a number to keep without a folder', ['one.backup', '--keep', '3']],
  ])('refuses %s', async (_what, words) => {
    const { code } = await muster('backup', ...words, '--dir', folder, '--passphrase-file', file);
    expect(code).toBe(64);
  });
});
