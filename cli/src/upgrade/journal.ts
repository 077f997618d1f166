import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import type { Pause, PauseLog } from './recreate';

/** What an upgrade that did not come to its end has done; everything else is seen from what runs. */
export interface Entry {
  from: string;
  to: string;
  /** The backup that it made. */
  backup?: string;
  /** Pauses so far. */
  pauses?: Pause[];
  /** Services that are being made anew. */
  pausing?: string[];
  /** Everything works; only the files have to be put in their places. */
  placing?: true;
}

/** `upgrade.json` in the server's folder, as long as an upgrade is on its way. */
export class Journal implements PauseLog {
  private readonly file: string;
  private readonly lock: string;

  constructor(folder: string) {
    this.file = join(folder, 'upgrade.json');
    this.lock = join(folder, 'upgrade.lock');
  }

  read(): Entry | undefined {
    return existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as Entry) : undefined;
  }

  write(entry: Entry): void {
    writeFileSync(`${this.file}.new`, `${JSON.stringify(entry, null, 2)}\n`, { mode: 0o644 });
    renameSync(`${this.file}.new`, this.file);
  }

  /** Leaves everything else as it is. */
  add(more: Partial<Entry>): void {
    const entry = this.read();
    if (entry) this.write({ ...entry, ...more });
  }

  begins(services: readonly string[]): void {
    this.add({ pausing: [...services] });
  }

  ended(pause: Pause): void {
    this.add({ pauses: [...(this.read()?.pauses ?? []), pause], pausing: undefined });
  }

  /** Of all runs of the upgrade. One that was interrupted in a pause cannot say how long that was, but that it was. */
  pauses(): Pause[] {
    const { pausing, pauses = [] } = this.read() ?? {};
    return pausing ? [...pauses, { services: pausing }] : pauses;
  }

  end(): void {
    rmSync(this.file, { force: true });
  }

  /** One upgrade at a time. @throws CliError when another is at work */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    this.take();
    try {
      return await work();
    } finally {
      rmSync(this.lock, { force: true });
    }
  }

  private take(): void {
    if (existsSync(this.lock)) {
      const pid = Number(readFileSync(this.lock, 'utf8'));
      if (isUpgrade(pid)) {
        throw new CliError(EXIT.later, `Another upgrade is at work here (process ${pid}).`, 'Wait until it has ended.');
      }
      rmSync(this.lock); // it was killed, or the machine went down
    }
    try {
      writeFileSync(this.lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw new CliError(EXIT.later, 'Another upgrade begins here.', 'Wait until it has ended.');
      if (code !== 'EACCES' && code !== 'EROFS') throw error;
      throw new CliError(EXIT.noPermission, `${this.lock} cannot be written.`, 'Run muster as root.');
    }
  }
}

/** After a restart of the machine the number may be another program's. */
function isUpgrade(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return (
    pid > 0 && pid !== process.pid && existsSync(file) && readFileSync(file, 'utf8').split('\0').includes('upgrade')
  );
}
