import type { Schedule } from './schedule';
import { namesIn } from './schedule-units';

/** What was done, and what is left to do, in this order; that a backup is made only where a timer runs. */
export function wordsOfSchedule(schedule: Schedule): string {
  const { elsewhere } = schedule;
  const lines = schedule.removed ? wordsOfRemoval(schedule) : wordsOfMaking(schedule);
  if (elsewhere) lines.push(`BACKUP_DIR in .env names ${elsewhere}, so that doctor looks there: change it.`);
  return lines.join('\n');
}

function wordsOfMaking({ active, fromImage, units, commands, cron, to, at }: Schedule): string[] {
  if (active) return [`A backup is made each day at ${at} into ${to}. Written: ${namesIn(units)}.`];
  const inCron = 'root’s cron (crontab -e)';
  if (units.length === 0) return [`There is no systemd here, and nothing runs yet. Lines for ${inCron}:`, ...cron];
  const why = fromImage ? 'the image of muster reaches no systemd' : "these units are not in systemd's own folder";
  return [
    `Written: ${namesIn(units)}.`,
    `Nothing runs yet, since ${why}. For a backup at ${at} of each day into ${to}, type as root on the server:`,
    ...commands,
    ...(cron.length > 0 ? [`Where that has no systemd, give these lines to ${inCron} instead:`, ...cron] : []),
  ];
}

function wordsOfRemoval({ units, commands }: Schedule): string[] {
  const did = units.length > 0 ? `Removed: ${namesIn(units)}.` : 'There was no schedule.';
  return commands.length === 0 ? [did] : [did, 'Timers that run are ended by root on the server:', ...commands];
}
