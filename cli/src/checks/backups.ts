import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAGIC } from '../backup/sealed/header';
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

/** Whatever is no backup, such as a list of revocations, and what is being written (`.part`) count as nothing. */
function timeOf(path: string): { time: number; bytes: number } {
  const found = statSync(path);
  const whole = found.isFile() && !path.endsWith('.part') && beginsAsBackup(path);
  return { time: found.mtimeMs, bytes: whole ? found.size : 0 };
}

function beginsAsBackup(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MAGIC.length);
    readSync(file, start, 0, start.length, 0);
    return start.equals(MAGIC);
  } finally {
    closeSync(file);
  }
}
