import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Booted } from './harness/booted';
import { run, until } from './harness/commands';
import { itsm, topology } from './harness/servers';
import { startFrom } from './harness/starting-point';

/** Of the booted server alone. */
const [TO, PASSPHRASE] = ['/srv/backups', '/root/backup.passphrase'];
const program = `${process.execPath} ${join(inject('work'), 'cli/main.mjs')}`;
const muster = (words: string): string => `${program} ${words} --dir ${itsm.folder}`;
const envFile = join(itsm.folder, '.env');
let server: Booted;
let env = '';

beforeAll(async () => {
  await startFrom({ version: 'any' });
  env = readFileSync(envFile, 'utf8');
  const docker = (await run('sh', ['-c', 'readlink -f "$(command -v docker)"'])).trim();
  const [socket = ''] = (itsm.engine.environment['DOCKER_HOST'] ?? '').split('unix://').slice(1);
  const paths = [process.execPath, docker, join(inject('work'), 'cli'), dirname(itsm.folder)];
  server = await Booted.start(topology, { paths, socket });
}, 600_000);
afterAll(async () => {
  await server?.stop();
  // Doctor is told where the backups are, and these go with the machine.
  if (env) writeFileSync(envFile, env);
});

const typed = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await server.run(line);
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
};
const TIMERS = ['muster-backup-itsm.timer', 'muster-revocations-itsm.timer'];
/** The next full minute that is not just about to begin. */
const soon = (): string => new Date(Date.now() + 75_000).toISOString().slice(11, 16);

it('a schedule starts its timers by itself where systemd runs', async () => {
  await typed(`umask 077; echo 'a passphrase of the tests' >${PASSPHRASE}`);
  const said = await typed(
    muster(`backup schedule --to ${TO} --keep 2 --at ${soon()} --passphrase-file ${PASSPHRASE} --json`),
  );
  expect(JSON.parse(said)).toMatchObject({ active: true, commands: [], cron: [] });
  for (const timer of TIMERS) {
    expect(await typed(`systemctl is-enabled ${timer}; systemctl is-active ${timer}`)).toBe('enabled\nactive\n');
  }
  expect(await typed("systemctl list-timers 'muster-*'")).toContain('2 timers listed.');
});

it('they fire: a backup is there at its minute, sealed and whole, and the list of revocations', async () => {
  const files = async (): Promise<string[]> => (await typed(`ls ${TO}`)).trim().split('\n');
  // systemd may let a timer wait for up to a minute, to wake the machine less often.
  await until('a backup was made', async () => (await files()).some((name) => name.endsWith('.backup')), 300);
  await until('revocations were copied', async () => (await files()).includes('revocations.json'), 300);
  for (const name of ['muster-backup-itsm', 'muster-revocations-itsm']) {
    await until(
      `${name} has ended`,
      async () => (await typed(`systemctl show -P ActiveState ${name}`)) === 'inactive\n',
    );
    expect(await typed(`systemctl show -P Result ${name}.service`)).toBe('success\n');
  }
  const [backup = ''] = (await files()).filter((name) => name.endsWith('.backup'));
  const verified = `${program} backup verify ${TO}/${backup} --passphrase-file ${PASSPHRASE} --json`;
  expect(JSON.parse(await typed(verified))).toMatchObject({ manifest: { server: 'itsm' } });
});

it('is taken away again, and nothing fires any more', async () => {
  await typed(muster(`backup schedule --to ${TO} --remove`));
  expect(await typed("systemctl list-timers --all 'muster-*'")).toContain('0 timers listed.');
  expect(await typed('ls /etc/systemd/system')).not.toContain('muster');
  expect(await typed(`ls ${TO}`)).toContain('.backup');
});
