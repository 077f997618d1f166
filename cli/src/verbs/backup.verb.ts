import { join, resolve } from 'node:path';
import { makeBackup } from '../backup/make-backup';
import { PASSPHRASE_OPTIONS, passphraseFileOf, passphraseOf } from '../backup/passphrase';
import { type Verified, verifyBackup } from '../backup/read-backup';
import { backupName, ownBackups, removeSuperfluous, type Retention } from '../backup/retention';
import type { ServerKind } from '../backup/archive/entries';
import { installationAt } from '../backup/sources/source';
import { writeRevocations } from '../backup/revocations/revocations-file';
import { type JobsRequest, jobsOf } from '../backup/schedule-jobs';
import { makeSchedule } from '../backup/schedule';
import { wordsOfSchedule } from '../backup/schedule-words';
import { CliError, EXIT } from '../core/exit-codes';
import { defineVerb } from '../core/verb';
import type { Site } from '../site/site';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

const KEEP_OPTIONS = {
  keep: { type: 'text', value: 'NUMBER', about: 'With --to: how many of the newest stay; the others are removed.' },
  'keep-days': { type: 'text', value: 'DAYS', about: 'With --to: older ones are removed; the newest always stays.' },
} as const;

defineVerb({
  name: 'backup',
  summary: 'Put everything of this server into one encrypted file, while it works.',
  arguments: ['[FILE]'],
  options: {
    ...SITE_OPTIONS,
    ...PASSPHRASE_OPTIONS,
    to: { type: 'text', value: 'FOLDER', about: 'Folder for a file with a name of its own, instead of FILE.' },
    ...KEEP_OPTIONS,
  },
  remarks: [
    'Database, queues, certificates and keys, packages, configuration and secrets; with --local those of both servers of a local',
    'stack, which must run, by pg_dump of this machine. Keep the file on another machine, and the',
    'passphrase apart from it: without the passphrase nobody can restore it. Only files that --to has made are removed.',
    'Example: muster backup --to /srv/backups --keep 14 --passphrase-file /root/backup.passphrase',
  ],
  async run({ options, positionals: [given], terminal, environment }) {
    const site = siteOf(options);
    const kept = retentionOf(options);
    if ((given === undefined) === (options.to === undefined)) {
      throw new CliError(EXIT.usage, 'Name either a file or, with --to, a folder.', 'muster backup --help');
    }
    if (options.to === undefined && Object.keys(kept).length > 0) {
      throw new CliError(EXIT.usage, '--keep and --keep-days are about a folder.', 'Add --to FOLDER.');
    }
    const file = resolve(given ?? join(options.to ?? '', backupName(serverOf(site), new Date())));
    const passphrase = await passphraseOf(options['passphrase-file'], environment, { twice: true });
    const onProgress = (step: string): void => terminal.progress(step);
    const version = environment['MUSTER_VERSION'] ?? 'unknown';
    const made = await makeBackup({ site, version, file, passphrase, onProgress });
    const removed = options.to === undefined ? [] : await removeOld(site, resolve(options.to), kept);
    const words = [`Written: ${made.file} (${inUnits(made.bytes)}), as of ${made.takenAt}.`];
    if (removed.length > 0) words.push(`Removed: ${removed.join(', ')}.`);
    return { data: { ...made, removed }, text: words.join('\n') };
  },
});

defineVerb({
  name: 'backup verify',
  summary: 'Read a backup from its first to its last byte, and say what it holds.',
  arguments: ['FILE'],
  options: PASSPHRASE_OPTIONS,
  async run({ options, positionals: [given = ''], environment }) {
    const file = resolve(given);
    const passphrase = await passphraseOf(options['passphrase-file'], environment, { twice: false });
    const verified = await verifyBackup(file, passphrase);
    return { data: { file, ...verified }, text: [`${file} is whole.`, wordsOf(verified)].join('\n') };
  },
});

defineVerb({
  name: 'backup revocations',
  summary: 'Write down which devices were revoked, for a restore of an older backup.',
  arguments: ['FILE'],
  options: SITE_OPTIONS,
  remarks: [
    'No secrets are in it. On the XMPP server it asks the ITSM server, so that a copy is where a loss of that server does not',
    'reach; "muster backup schedule" does so every five minutes. For "muster restore FILE --revocations FILE".',
  ],
  async run({ options, positionals: [given = ''] }) {
    const written = await writeRevocations(siteOf(options), resolve(given));
    return {
      data: written,
      text: `Written: ${written.file}, ${written.revocations} revocations that still matter.`,
    };
  },
});

defineVerb({
  name: 'backup schedule',
  summary: 'Have backups made every night, by a timer of systemd.',
  options: {
    ...SITE_OPTIONS,
    ...PASSPHRASE_OPTIONS,
    to: { type: 'text', value: 'FOLDER', about: "Where to; backups/ in the server's folder when left out." },
    ...KEEP_OPTIONS,
    at: { type: 'text', value: 'HH:MM', about: "Time of this server's clock; 02:30 when left out." },
    units: {
      type: 'text',
      value: 'DIR',
      about: 'Folder for the units, which are only written where it is not /etc/systemd/system.',
    },
    remove: { type: 'flag', about: 'Take the timer away again. Backups stay.' },
  },
  remarks: [
    "From its image muster reaches no systemd: it writes the units to units/ of the server's folder, and prints the commands that",
    'install and start them. Where there is no systemd, and for a local stack, it prints lines for cron. Without --keep and --keep-days, 14 are kept.',
    'See that the files leave this machine: a disk that is lost takes its backups along.',
  ],
  async run({ options, environment }) {
    const site = siteOf(options);
    const kept = retentionOf(options);
    const request = {
      site,
      server: site.kind,
      to: options.to === undefined ? site.backups : resolve(options.to),
      retention: Object.keys(kept).length > 0 ? kept : { keep: 14 },
      at: options.at ?? '02:30',
      passphraseFile: passphraseFileOf(options['passphrase-file'], environment),
      fromImage: Boolean(environment['MUSTER_CLI_IMAGE']),
      ...(options.units === undefined ? {} : { units: options.units }),
      remove: options.remove,
    };
    if (site.kind === 'local') return lineForLocal(request);
    const schedule = await makeSchedule(request);
    return { data: schedule, text: wordsOfSchedule(schedule) };
  },
});

/** Nothing of a local stack is the system's: whoever runs it has cron make its backups. */
function lineForLocal(request: JobsRequest & { units?: string }): { data: object; text: string } {
  if (request.remove || request.units !== undefined) {
    throw new CliError(
      EXIT.usage,
      'A local stack has no timer of systemd.',
      'Its backups are made by cron: crontab -e',
    );
  }
  const [{ cron }] = jobsOf(request);
  const text = [
    'Nothing runs yet: a local stack has no timer, since it runs while somebody wants it to.',
    `For a backup at ${request.at} of each day on which it runs then, into ${request.to}, give this line to cron (crontab -e):`,
    cron,
  ];
  return { data: { active: false, to: request.to, at: request.at, cron: [cron] }, text: text.join('\n') };
}

function retentionOf(options: { keep: string | undefined; 'keep-days': string | undefined }): Retention {
  const keep = options.keep === undefined ? {} : { keep: wholeNumber('keep', options.keep, 0) };
  const days =
    options['keep-days'] === undefined ? {} : { keepDays: wholeNumber('keep-days', options['keep-days'], 0) };
  if (keep.keep === 0) throw new CliError(EXIT.usage, '--keep must be at least 1.');
  return { ...keep, ...days };
}

async function removeOld(site: Site, folder: string, retention: Retention): Promise<string[]> {
  return removeSuperfluous(await ownBackups(folder, serverOf(site), installationAt(site)), retention);
}

const serverOf = ({ kind }: Site): ServerKind => kind;

function wordsOf({ manifest, files, streams, volumes, bytes }: Verified): string {
  const { server, version, domain, takenAt, postgres, devices } = manifest;
  const what = server === 'local' ? 'local stack' : `${server.toUpperCase()} server`;
  return [
    `  ${what} of ${domain}, version ${version}, as of ${takenAt}`,
    `  ${files} files, ${streams.length} streams, files of ${volumes.join(', ') || 'no service'}, ${inUnits(bytes)} in all`,
    ...(postgres ? [`  database of PostgreSQL ${postgres} with ${devices ?? 0} devices`] : []),
  ].join('\n');
}

/** With the unit that leaves up to three digits before the point. */
function inUnits(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
