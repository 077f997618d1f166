import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, defineMessages, fault, warning } from './finding';

const messages = defineMessages('backups', 'There is a backup, and it is young enough.', {
  'backup-missing': warning(
    'There is no backup in {folder}.',
    'Make backups regularly, and keep them on another machine; --backups DIR names another folder.',
  ),
  'backup-too-old': fault(
    'The newest backup ({file}) is {days} days old.',
    'See why the schedule did not run, and make one now.',
  ),
});

const DAY_MS = 86_400_000;

export const backupCheck = (folder: string, { mostDays = 2, now = Date.now() } = {}): Check => ({
  name: 'backups',
  run: async () => {
    const files = existsSync(folder)
      ? readdirSync(folder).map((name) => ({ name, ...timeOf(join(folder, name)) }))
      : [];
    const [newest] = files.filter(({ bytes }) => bytes > 0).sort((one, other) => other.time - one.time);
    if (!newest) return [messages.say('backup-missing', { folder })];
    const days = Math.floor((now - newest.time) / DAY_MS);
    if (days >= mostDays) return [messages.say('backup-too-old', { file: newest.name, days })];
    return [messages.ok(`The newest backup is ${newest.name}.`)];
  },
});

/** Folders and what is being written (`.part`, `.new`) count as nothing. */
function timeOf(path: string): { time: number; bytes: number } {
  const found = statSync(path);
  return { time: found.mtimeMs, bytes: found.isFile() && !/\.(part|new|tmp)$/.test(path) ? found.size : 0 };
}
