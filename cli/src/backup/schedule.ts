import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, env, execPath } from 'node:process';
import { CliError, EXIT } from '../core/exit-codes';
import { completeEnvFile, readEnvFile } from '../setup/env-file';
import { Commands } from '../site/commands';
import type { Site } from '../site/site';
import type { Retention } from './retention';

export interface ScheduleRequest {
  site: Site;
  server: 'itsm' | 'xmpp';
  to: string;
  retention: Retention;
  /** HH:MM. */
  at: string;
  passphraseFile?: string | undefined;
  /** Where units go, when it is not systemd's own folder. */
  units?: string;
  remove: boolean;
}

export interface Schedule {
  removed: boolean;
  /** Files of systemd that were written or removed. */
  units: string[];
  /** Lines for cron, where there is no systemd. */
  cron: string[];
  to: string;
  at: string;
  /** BACKUP_DIR in .env names another folder, which is where doctor looks. */
  elsewhere?: string;
}

const SYSTEMD = '/etc/systemd/system';
const REVOCATIONS_MINUTES = 5;

/** One unit pair: what runs, and when. */
interface Job {
  name: string;
  about: string;
  words: string[];
  /** As systemd writes it, and as cron does. */
  calendar: string;
  cron: string;
}

/**
 * Writes a service and a timer for each job and starts the timers; without systemd, says what cron is to be told.
 * @throws CliError when the time or the passphrase's file will not do, or systemd refuses
 */
export async function makeSchedule(request: ScheduleRequest, commands = new Commands()): Promise<Schedule> {
  const { site, to, at, units, remove } = request;
  const jobs = jobsOf(request);
  const inUse = units === undefined && existsSync('/run/systemd/system');
  const folder = units ?? SYSTEMD;
  const files = jobs.flatMap(({ name }) => ['service', 'timer'].map((kind) => join(folder, `${name}.${kind}`)));
  if (remove) {
    if (inUse) await systemctl(commands, ['disable', '--now', ...jobs.map(({ name }) => `${name}.timer`)]);
    const removed = files.filter((file) => existsSync(file));
    for (const file of removed) rmSync(file);
    if (inUse) await systemctl(commands, ['daemon-reload']);
    return { removed: true, units: removed, cron: [], to, at };
  }
  makeFolder(to);
  const elsewhere = tellDoctor(site, to);
  const common = { removed: false, to, at, ...(elsewhere ? { elsewhere } : {}) };
  if (!inUse && units === undefined) return { ...common, units: [], cron: jobs.map(({ cron }) => cron) };
  for (const job of jobs) {
    writeFileSync(join(folder, `${job.name}.service`), serviceUnit(job), { mode: 0o644 });
    writeFileSync(join(folder, `${job.name}.timer`), timerUnit(job), { mode: 0o644 });
  }
  if (inUse) {
    await systemctl(commands, ['daemon-reload']);
    await systemctl(commands, ['enable', '--now', ...jobs.map(({ name }) => `${name}.timer`)]);
  }
  return { ...common, units: files, cron: [] };
}

export function wordsOfSchedule({ removed, units, cron, to, at, elsewhere }: Schedule): string {
  if (removed) return units.length > 0 ? `Removed: ${units.join(', ')}.` : 'There was no schedule.';
  const noted = elsewhere ? [`BACKUP_DIR in .env names ${elsewhere}, so that doctor looks there: change it.`] : [];
  if (cron.length > 0)
    return ['There is no systemd here. Lines for root’s cron (crontab -e):', ...cron, ...noted].join('\n');
  return [`A backup is made each day at ${at} into ${to}. Written: ${units.join(', ')}.`, ...noted].join('\n');
}

function jobsOf({ site, server, to, retention, at, passphraseFile, remove }: ScheduleRequest): Job[] {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(at) ?? [];
  if (hour === undefined || minute === undefined)
    throw new CliError(EXIT.usage, `--at must be a time such as 02:30, not "${at}".`);
  const keep = retention.keep === undefined ? [] : ['--keep', String(retention.keep)];
  const days = retention.keepDays === undefined ? [] : ['--keep-days', String(retention.keepDays)];
  const secret = remove ? '' : usableSecret(passphraseFile);
  const muster = ownCommand(site.folder);
  const backup = [...muster, 'backup', '--dir', site.folder, '--to', to, ...keep, ...days, '--passphrase-file', secret];
  const list = [...muster, 'backup', 'revocations', join(to, 'revocations.json'), '--dir', site.folder];
  return [
    {
      ...{ name: `muster-backup-${server}`, about: `Backup of Muster's ${server} server`, words: backup },
      calendar: `OnCalendar=*-*-* ${hour.padStart(2, '0')}:${minute}:00\nPersistent=true`,
      cron: `${Number(minute)} ${Number(hour)} * * * ${backup.map(inShell).join(' ')}`,
    },
    {
      ...{ name: `muster-revocations-${server}`, about: "Copy of Muster's revocations", words: list },
      calendar: `OnActiveSec=1min\nOnUnitActiveSec=${REVOCATIONS_MINUTES}min`,
      cron: `*/${REVOCATIONS_MINUTES} * * * * ${list.map(inShell).join(' ')}`,
    },
  ];
}

/** A night's backup has nobody to ask, and who reads the passphrase reads all backups. */
function usableSecret(given: string | undefined): string {
  if (!given) {
    throw new CliError(
      EXIT.usage,
      'At night nobody types a passphrase.',
      'Name a file that root alone reads: --passphrase-file FILE.',
    );
  }
  const file = resolve(given);
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no file ${file} with a passphrase.`);
  if ((statSync(file).mode & 0o077) === 0) return file;
  throw new CliError(EXIT.noPermission, `Others may read ${file}.`, `chmod 600 ${file}`);
}

/** This very program; where it runs from its image, the shell program that setup put beside the stack. */
const ownCommand = (folder: string): string[] =>
  env['MUSTER_CLI_IMAGE'] ? [join(folder, 'muster')] : [execPath, resolve(argv[1] ?? '')];

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliError(EXIT.cannotCreate, `${folder} cannot be made (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Doctor looks in BACKUP_DIR. @returns what that says when it says something else */
function tellDoctor({ folder, backups }: Site, to: string): string | undefined {
  if (resolve(backups) === resolve(to)) return undefined;
  const file = join(folder, '.env');
  completeEnvFile(file, { BACKUP_DIR: to });
  const named = readEnvFile(file)['BACKUP_DIR'] ?? '';
  return resolve(folder, named) === resolve(to) ? undefined : named;
}

const serviceUnit = ({
  about,
  words,
}: Job): string => `# Made by "muster backup schedule", which also removes it (--remove).
[Unit]
Description=${about}
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=${words.map(inUnit).join(' ')}
Nice=10
IOSchedulingClass=idle
`;
const timerUnit = ({
  about,
  calendar,
}: Job): string => `# Made by "muster backup schedule", which also removes it (--remove).
[Unit]
Description=${about}: when

[Timer]
${calendar}

[Install]
WantedBy=timers.target
`;

/** systemd.service(5), "Command lines": quotes keep a word together, % and $ mean something. */
const inUnit = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
/** crontab(5): an unescaped % ends the command. */
const inShell = (word: string): string =>
  (/^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`).replaceAll('%', '\\%');

async function systemctl(commands: Commands, args: readonly string[]): Promise<void> {
  const reply = await commands.try({ file: 'systemctl', args });
  if (reply.code === 0) return;
  throw new CliError(
    EXIT.unavailable,
    `systemd refuses: ${reply.errors.trim().split('\n').at(-1)}`,
    'Run muster as root.',
  );
}
