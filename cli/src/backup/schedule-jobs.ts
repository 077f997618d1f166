import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { CliError, EXIT } from '../core/exit-codes';
import type { Site } from '../site/site';
import type { ServerKind } from './archive/entries';
import type { Retention } from './retention';

export interface JobsRequest {
  site: Pick<Site, 'folder'>;
  server: ServerKind;
  to: string;
  retention: Retention;
  /** HH:MM. */
  at: string;
  passphraseFile?: string | undefined;
  /** This program runs from its image: units and cron run the shell program in the server's folder. */
  fromImage: boolean;
  remove: boolean;
}

/** What runs, and when: a unit pair, or a line of cron. */
export interface Job {
  name: string;
  about: string;
  words: string[];
  /** As systemd writes it, and as cron does. */
  calendar: string;
  cron: string;
}

const REVOCATIONS_MINUTES = 5;

/** The backup, and the copy of revocations. @throws CliError when the time or the passphrase's file will not do */
export function jobsOf({
  site,
  server,
  to,
  retention,
  at,
  passphraseFile,
  fromImage,
  remove,
}: JobsRequest): [backup: Job, revocations: Job] {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(at) ?? [];
  if (hour === undefined || minute === undefined)
    throw new CliError(EXIT.usage, `--at must be a time such as 02:30, not "${at}".`);
  const keep = retention.keep === undefined ? [] : ['--keep', String(retention.keep)];
  const days = retention.keepDays === undefined ? [] : ['--keep-days', String(retention.keepDays)];
  const secret = remove ? '' : usableSecret(passphraseFile);
  const muster = fromImage ? [join(site.folder, 'muster')] : [execPath, resolve(argv[1] ?? '')];
  const place = [server === 'local' ? '--local' : '--dir', site.folder];
  const backup = [...muster, 'backup', ...place, '--to', to, ...keep, ...days, '--passphrase-file', secret];
  const list = [...muster, 'backup', 'revocations', join(to, 'revocations.json'), ...place];
  return [
    {
      ...{ name: `muster-backup-${server}`, about: `Backup of Muster's ${server} server`, words: backup },
      calendar: `OnCalendar=*-*-* ${hour.padStart(2, '0')}:${minute}:00\nPersistent=true`,
      cron: `${Number(minute)} ${Number(hour)} * * * ${inCron(backup)}`,
    },
    {
      ...{ name: `muster-revocations-${server}`, about: "Copy of Muster's revocations", words: list },
      calendar: `OnActiveSec=1min\nOnUnitActiveSec=${REVOCATIONS_MINUTES}min`,
      cron: `*/${REVOCATIONS_MINUTES} * * * * ${inCron(list)}`,
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

/** A word as a POSIX shell takes it for itself. */
export const inShell = (word: string): string =>
  /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
/** crontab(5): an unescaped % ends the command. */
const inCron = (words: readonly string[]): string => words.map(inShell).join(' ').replaceAll('%', '\\%');
