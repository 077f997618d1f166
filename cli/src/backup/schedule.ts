import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { completeEnvFile, readEnvFile } from '../setup/env-file';
import { Commands } from '../site/commands';
import type { Site } from '../site/site';
import { type Job, jobsOf, type JobsRequest } from './schedule-jobs';
import { commandsToDisable, commandsToEnable, SYSTEMD, timersOf, unitFiles, writeUnits } from './schedule-units';

export interface ScheduleRequest extends JobsRequest {
  site: Pick<Site, 'folder' | 'backups'>;
  /** Where units go, when it is neither systemd's own folder nor, from the image, `units/` of the server's. */
  units?: string;
}

/** What this program reaches of the machine that the schedule is for. */
export interface Reach {
  /** systemd runs, and listens to this program. */
  systemd: boolean;
  /** Where its units lie. */
  units: string;
  commands: Commands;
}

export interface Schedule {
  removed: boolean;
  /** systemd was told, and obeyed. Otherwise nothing runs, or ceases to, until `commands` or `cron` are followed. */
  active: boolean;
  /** The command runs from its image, which reaches no systemd. */
  fromImage: boolean;
  /** Files of systemd that were written or removed. */
  units: string[];
  /** What root is to type on the server; none where nothing is left to do, or no unit was written. */
  commands: string[];
  /** Lines for cron, for a server without systemd. */
  cron: string[];
  to: string;
  at: string;
  /** BACKUP_DIR in .env names another folder, which is where doctor looks. */
  elsewhere?: string;
}

const reachHere = (): Reach => ({
  ...{ systemd: existsSync('/run/systemd/system'), units: SYSTEMD, commands: new Commands() },
});

/**
 * Writes a service and a timer for each job. Starts the timers where it reaches systemd and the units lie there; else says what is
 * to be typed for it.
 * @throws CliError when the time or the passphrase's file will not do, or systemd refuses
 */
export async function makeSchedule(request: ScheduleRequest, reach = reachHere()): Promise<Schedule> {
  const { site, to, at, units, fromImage, remove } = request;
  const jobs = jobsOf(request);
  const folder = units === undefined ? (fromImage ? join(site.folder, 'units') : reach.units) : resolve(units);
  const active = reach.systemd && !fromImage && folder === reach.units;
  const common = { removed: remove, active, fromImage, to, at };
  if (remove) {
    const files = await removeUnits(jobs, folder, active, reach);
    const commands = fromImage || units !== undefined ? commandsToDisable(jobs) : [];
    return { ...common, units: files, commands: active ? [] : commands, cron: [] };
  }
  makeFolder(to);
  const elsewhere = tellDoctor(site, to);
  const told = { ...common, ...(elsewhere ? { elsewhere } : {}) };
  const cron = active || units !== undefined ? [] : jobs.map((job) => job.cron);
  // Not from the image, without systemd: units would be of no use here.
  if (cron.length > 0 && !fromImage) return { ...told, units: [], commands: [], cron };
  const files = writeUnits(jobs, folder);
  if (!active) return { ...told, units: files, commands: commandsToEnable(jobs, folder), cron };
  await systemctl(reach, ['daemon-reload']);
  await systemctl(reach, ['enable', '--now', ...timersOf(jobs)]);
  return { ...told, units: files, commands: [], cron };
}

async function removeUnits(jobs: readonly Job[], folder: string, active: boolean, reach: Reach): Promise<string[]> {
  const files = unitFiles(jobs, folder).filter((file) => existsSync(file));
  const timers = timersOf(jobs).filter((name) => files.includes(join(folder, name)));
  if (active && timers.length > 0) await systemctl(reach, ['disable', '--now', ...timers]);
  for (const file of files) rmSync(file);
  if (active && files.length > 0) await systemctl(reach, ['daemon-reload']);
  return files;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliError(EXIT.cannotCreate, `${folder} cannot be made (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Doctor looks in BACKUP_DIR. @returns what that says when it says something else */
function tellDoctor({ folder, backups }: ScheduleRequest['site'], to: string): string | undefined {
  if (resolve(backups) === resolve(to)) return undefined;
  const file = join(folder, '.env');
  completeEnvFile(file, { BACKUP_DIR: to });
  const named = readEnvFile(file)['BACKUP_DIR'] ?? '';
  return resolve(folder, named) === resolve(to) ? undefined : named;
}

async function systemctl({ commands }: Reach, args: readonly string[]): Promise<void> {
  const reply = await commands.try({ file: 'systemctl', args });
  if (reply.code === 0) return;
  throw new CliError(
    EXIT.unavailable,
    `systemd refuses: ${reply.errors.trim().split('\n').at(-1)}`,
    'Run muster as root.',
  );
}
