import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { inShell, type Job } from './schedule-jobs';

/** Where systemd looks for units of administrators. */
export const SYSTEMD = '/etc/systemd/system';

export const timersOf = (jobs: readonly Job[]): string[] => jobs.map(({ name }) => `${name}.timer`);
export const unitFiles = (jobs: readonly Job[], folder: string): string[] =>
  jobs.flatMap(({ name }) => ['service', 'timer'].map((kind) => join(folder, `${name}.${kind}`)));

/** A service and a timer for each job. @returns the files @throws CliError when they cannot be written */
export function writeUnits(jobs: readonly Job[], folder: string): string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (const job of jobs) {
      writeFileSync(join(folder, `${job.name}.service`), serviceUnit(job), { mode: 0o644 });
      writeFileSync(join(folder, `${job.name}.timer`), timerUnit(job), { mode: 0o644 });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      EXIT.cannotCreate,
      `The units cannot be written to ${folder} (${code}).`,
      'Run muster as root, or name another folder with --units DIR.',
    );
  }
  return unitFiles(jobs, folder);
}

/** What root types on the server so that units which lie in a folder run. */
export function commandsToEnable(jobs: readonly Job[], folder: string): string[] {
  const install = ['install', '-m', '644', ...unitFiles(jobs, folder), `${SYSTEMD}/`];
  return [
    ...(folder === SYSTEMD ? [] : [install.map(inShell).join(' ')]),
    'systemctl daemon-reload',
    `systemctl enable --now ${timersOf(jobs).join(' ')}`,
  ];
}

/** What root types on the server so that units of this name run no more. */
export function commandsToDisable(jobs: readonly Job[]): string[] {
  const installed = unitFiles(jobs, SYSTEMD);
  return [
    `systemctl disable --now ${timersOf(jobs).join(' ')}`,
    `rm -f ${installed.join(' ')}`,
    'systemctl daemon-reload',
  ];
}

/** `/folder (one, other)`. */
export const namesIn = (files: readonly string[]): string =>
  files.length === 0 ? 'none' : `${dirname(files[0] ?? '')} (${files.map((file) => basename(file)).join(', ')})`;

const HEAD = '# Made by "muster backup schedule", which also removes it (--remove).';

const serviceUnit = ({ about, words }: Job): string => `${HEAD}
[Unit]
Description=${about}
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=${runnable(words).map(inUnit).join(' ')}
Nice=10
IOSchedulingClass=idle
`;
const timerUnit = ({ about, calendar }: Job): string => `${HEAD}
[Unit]
Description=${about}: when

[Timer]
${calendar}

[Install]
WantedBy=timers.target
`;

/** systemd takes no quotes and backslashes in the name of a program, quoted or not, and does in words for one. */
const runnable = (words: readonly string[]): readonly string[] =>
  /["'\\]/.test(words[0] ?? '') ? ['/usr/bin/env', ...words] : words;

/** systemd.service(5), "Command lines": quotes keep a word together, % and $ mean something. */
const inUnit = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
