import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEnvFile } from '../setup/env-file';
import { openSite } from '../site/site';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';

const root = testFolder();
const folder = join(root, "server's");
const units = join(root, 'units');
const passphrase = join(root, 'pass%phrase');
const to = join(root, 'kept');

beforeAll(() => {
  mkdirSync(folder);
  mkdirSync(units);
  writeFileSync(join(folder, 'docker-compose.yml'), 'services: { web: {} }\n');
  writeFileSync(join(folder, '.env'), 'ITSM_DOMAIN=itsm.company.test\nITSM_XMPP_IP=192.0.2.11\n');
  writeFileSync(passphrase, 'a passphrase of the tests', { mode: 0o600 });
});

const schedule = (...more: string[]) =>
  muster('backup', 'schedule', '--dir', folder, '--units', units, '--passphrase-file', passphrase, ...more);

describe('muster backup schedule', () => {
  it('writes a service and a timer for backups, and for the copy of revocations', async () => {
    const { code, printed } = await schedule('--to', to, '--keep', '7', '--at', '3:05');
    expect({ code, printed }).toMatchObject({ code: 0, printed: expect.stringContaining('each day at 3:05') });
    expect(readdirSync(units).sort()).toEqual([
      ...['muster-backup-itsm.service', 'muster-backup-itsm.timer'],
      ...['muster-revocations-itsm.service', 'muster-revocations-itsm.timer'],
    ]);
    const service = readFileSync(join(units, 'muster-backup-itsm.service'), 'utf8');
    expect(service).toMatch(/^ExecStart="\/.+" "backup" "--dir" /m);
    expect(service).toContain(`"--to" "${to}" "--keep" "7" "--passphrase-file" "${passphrase.replace('%', '%%')}"`);
    expect(readFileSync(join(units, 'muster-backup-itsm.timer'), 'utf8')).toContain('OnCalendar=*-*-* 03:05:00');
    expect(readFileSync(join(units, 'muster-revocations-itsm.service'), 'utf8')).toContain(
      `"revocations" "${to}/revocations.json"`,
    );
  });

  it('tells doctor where to look, and says when something else stands there', async () => {
    expect(readEnvFile(join(folder, '.env'))['BACKUP_DIR']).toBe(to);
    expect(openSite({ dir: folder }).backups).toBe(to);
    expect((await schedule()).printed).not.toContain('BACKUP_DIR');
    const { printed } = await schedule('--to', join(root, 'elsewhere'));
    expect(printed).toContain(`BACKUP_DIR in .env names ${to}`);
  });

  it('is taken away again', async () => {
    writeFileSync(join(units, 'of-others.timer'), '');
    expect((await schedule('--remove')).code).toBe(0);
    expect(readdirSync(units)).toEqual(['of-others.timer']);
    expect((await schedule('--remove')).printed).toContain('There was no schedule');
    expect(existsSync(to)).toBe(true);
  });

  it.each([
    ['a time that is none', ['--at', '25:00'], 64],
    ['a number that keeps nothing', ['--keep', '0'], 64],
    ['a passphrase file that is not there', ['--passphrase-file', '/nowhere'], 66],
  ])('refuses %s', async (_what, words, code) => {
    expect(await schedule(...words)).toMatchObject({ code });
    expect(readdirSync(units)).toEqual(['of-others.timer']);
  });

  it('refuses a passphrase that others may read', async () => {
    chmodSync(passphrase, 0o644);
    expect(await schedule()).toMatchObject({ code: 77, told: expect.stringContaining('Others may read') });
    chmodSync(passphrase, 0o600);
  });

  it.skipIf(existsSync('/run/systemd/system'))('prints lines for cron where there is no systemd', async () => {
    const words = ['backup', 'schedule', '--dir', folder, '--to', to, '--passphrase-file', passphrase];
    const { code, printed } = await muster(...words);
    expect(code).toBe(0);
    expect(printed).toMatch(/^30 2 \* \* \* \S+ .* backup --dir '.+server'\\''s' --to \S+ --keep 14 /m);
    expect(printed).toContain(passphrase.replace('%', '\\%'));
    expect(printed).toMatch(/^\*\/5 \* \* \* \* .* backup revocations /m);
  });
});
