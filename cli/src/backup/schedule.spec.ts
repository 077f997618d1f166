import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEnvFile } from '../setup/env-file';
import { type Command, Commands } from '../site/commands';
import { openSite } from '../site/site';
import { testFolder } from '../testing/folder';
import { muster, musterWith } from '../testing/muster';
import { makeSchedule, type Schedule } from './schedule';
import { wordsOfSchedule } from './schedule-words';

const UNITS = [
  ...['muster-backup-itsm.service', 'muster-backup-itsm.timer'],
  ...['muster-revocations-itsm.service', 'muster-revocations-itsm.timer'],
];
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
    expect(code).toBe(0);
    // Nobody enabled them, so nothing is made yet.
    expect(printed).toMatch(/Nothing runs yet, since these units are not in systemd's own folder/);
    expect(printed).not.toContain('A backup is made');
    expect(printed).toMatch(/^systemctl enable --now muster-backup-itsm\.timer muster-revocations-itsm\.timer$/m);
    expect(readdirSync(units).sort()).toEqual(UNITS);
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

describe('muster backup schedule where it reaches systemd', () => {
  const installed = join(root, 'etc');
  const typed: string[] = [];
  let refusal = '';
  class Systemd extends Commands {
    override async try({ file, args }: Command) {
      typed.push([file, ...args].join(' '));
      return { code: refusal ? 1 : 0, output: '', errors: refusal, missing: false };
    }
  }
  const make = (more: { units?: string; remove?: boolean } = {}): Promise<Schedule> =>
    makeSchedule(
      {
        ...{ site: { folder, backups: to }, server: 'itsm', to, retention: { keep: 3 }, at: '02:30' },
        ...{ passphraseFile: passphrase, fromImage: false, remove: false, ...more },
      },
      { systemd: true, units: installed, commands: new Systemd() },
    );

  it('starts the timers, and only then says that a backup is made', async () => {
    const schedule = await make();
    expect(typed).toEqual([
      'systemctl daemon-reload',
      'systemctl enable --now muster-backup-itsm.timer muster-revocations-itsm.timer',
    ]);
    expect(schedule).toMatchObject({ active: true, commands: [], cron: [] });
    expect(wordsOfSchedule(schedule)).toBe(
      `A backup is made each day at 02:30 into ${to}. Written: ${installed} (${UNITS.join(', ')}).`,
    );
    expect(await make({ units: installed })).toMatchObject({ active: true });
    expect(await make({ units: join(root, 'aside') })).toMatchObject({ active: false });
  });

  it('says so when systemd refuses', async () => {
    refusal = 'Failed to enable unit: Access denied\n';
    await expect(make()).rejects.toThrow('systemd refuses: Failed to enable unit: Access denied');
    refusal = '';
  });

  it('ends the timers when they are taken away, and asks for nothing where there are none', async () => {
    typed.length = 0;
    expect(await make({ remove: true })).toMatchObject({ active: true, commands: [] });
    expect(typed[0]).toBe('systemctl disable --now muster-backup-itsm.timer muster-revocations-itsm.timer');
    expect(readdirSync(installed)).toEqual([]);
    typed.length = 0;
    expect(wordsOfSchedule(await make({ remove: true }))).toBe('There was no schedule.');
    expect(typed).toEqual([]);
  });
});

describe('muster backup schedule from its image', () => {
  const image = { MUSTER_CLI_IMAGE: 'muster/cli:1.2.3', MUSTER_BACKUP_PASSPHRASE_FILE: passphrase };
  const written = join(folder, 'units');
  const inImage = (...more: string[]) => musterWith(image, 'backup', 'schedule', '--dir', folder, '--to', to, ...more);

  it('writes units that run the program in the server’s folder, and what starts them, and says that nothing runs yet', async () => {
    const { code, printed } = await inImage();
    expect(code).toBe(0);
    expect(readdirSync(written).sort()).toEqual(UNITS);
    const service = readFileSync(join(written, 'muster-backup-itsm.service'), 'utf8');
    expect(service).toMatch(
      new RegExp(`^ExecStart="/usr/bin/env" "${folder}/muster" "backup" "--dir" "${folder}" "--to" `, 'm'),
    );
    expect(printed).toContain('Nothing runs yet, since the image of muster reaches no systemd.');
    expect(printed).not.toContain('There is no systemd here');
    expect(printed).not.toContain('A backup is made');
    expect(printed).toMatch(/^30 2 \* \* \* '.+server'\\''s\/muster' backup /m);
  });

  it('prints commands that a shell takes as they stand', async () => {
    const { commands, active } = JSON.parse((await inImage('--json')).printed) as Schedule;
    expect(active).toBe(false);
    expect(commands).toHaveLength(3);
    const place = join(root, 'systemd-system');
    mkdirSync(place);
    // The first one puts the units in place, wherever that is.
    execFileSync('sh', ['-c', commands[0]?.replace('/etc/systemd/system/', `${place}/`) ?? '']);
    expect(readdirSync(place).sort()).toEqual(UNITS);
    expect(commands.slice(1)).toEqual([
      'systemctl daemon-reload',
      'systemctl enable --now muster-backup-itsm.timer muster-revocations-itsm.timer',
    ]);
  });

  it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
    'writes units that systemd understands',
    async () => {
      writeFileSync(join(folder, 'muster'), '#!/bin/sh\n', { mode: 0o755 });
      const timers = UNITS.map((name) => join(written, name));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...timers], { encoding: 'utf8' });
      expect({ status, told: stderr.split('\n').filter((line) => line.includes('muster-')) }).toEqual({
        status: 0,
        told: [],
      });
    },
  );

  it('removes what it wrote, and says what ends the timers', async () => {
    const { code, printed } = await inImage('--remove');
    expect(code).toBe(0);
    expect(readdirSync(written)).toEqual([]);
    expect(printed).toMatch(/^systemctl disable --now muster-backup-itsm\.timer muster-revocations-itsm\.timer$/m);
    expect(printed).toMatch(/^rm -f \/etc\/systemd\/system\/muster-backup-itsm\.service /m);
    rmSync(written, { recursive: true });
  });

  it('says in one sentence that units cannot be written', async () => {
    const file = join(root, 'no-folder');
    writeFileSync(file, '');
    expect(await inImage('--units', file)).toMatchObject({ code: 73, told: expect.stringContaining('(EEXIST)') });
  });
});
