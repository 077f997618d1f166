import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renameOver } from './rename-over';

/**
 * The folder that an installer laid out. Launcher and agent share it, and a launcher is never updated: what is written
 * here keeps its form for ever, and only gains fields.
 *
 * `current` names the version that has proven itself. While `trial` is there, the launcher starts the version that it
 * names instead, a few times at most. `outcome` is what became of the last trial, until the server knows it; `failed`
 * lists digests of packages that are not tried again.
 */
export class InstallFolder {
  constructor(readonly path: string) {}

  /** @throws Error when there is none or it does not name a version */
  get current(): string {
    const version = readFileSync(this.file('current'), 'utf8').trim();
    if (!NAME.test(version)) throw new Error(`${this.file('current')} does not name a version`);
    return version;
  }

  set current(version: string) {
    this.write('current', `${version}\n`);
  }

  /** Undefined as well when it is half written or of a form that is not known here. */
  get trial(): Trial | undefined {
    const found = this.read('trial') as Partial<Trial> | undefined;
    if (!found || !isName(found.version) || !isName(found.from)) return undefined;
    if (typeof found.attempts !== 'number' || typeof found.greenWithinSeconds !== 'number') return undefined;
    return found as Trial;
  }

  set trial(trial: Trial | undefined) {
    if (trial) this.write('trial', JSON.stringify(trial));
    else this.removeFile('trial');
  }

  get outcome(): TrialOutcome | undefined {
    return this.read('outcome') as TrialOutcome | undefined;
  }

  set outcome(outcome: TrialOutcome | undefined) {
    if (outcome) this.write('outcome', JSON.stringify(outcome));
    else this.removeFile('outcome');
  }

  get failed(): string[] {
    const found = this.read('failed');
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
  }

  addFailed(sha256: string): void {
    const { failed } = this;
    if (!failed.includes(sha256)) this.write('failed', JSON.stringify([...failed, sha256].slice(-MOST_FAILED)));
  }

  folderOf(version: string): string {
    return join(this.path, 'versions', version);
  }

  /** Ends a trial badly: from the next start on the version before runs again. Whole or, after a power cut, done again. */
  giveUp(trial: Trial, why: string): void {
    const { releaseId, version, from, sha256 } = trial;
    this.addFailed(sha256);
    this.outcome = { releaseId, version, from, outcome: 'failed', why };
    this.trial = undefined;
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  private read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.file(name), 'utf8')) as unknown;
    } catch {
      return undefined;
    }
  }

  /** After a crash at any moment there is the old or the new content. */
  private write(name: string, content: string): void {
    const draft = this.file(`${name}.new`);
    const descriptor = openSync(draft, 'w', 0o600);
    try {
      const bytes = Buffer.from(content);
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameOver(draft, this.file(name));
    this.flush();
  }

  private removeFile(name: string): void {
    rmSync(this.file(name), { force: true });
    this.flush();
  }

  /** Makes what was renamed or removed survive a power cut. Folders cannot be opened on Windows, and need not be. */
  private flush(): void {
    if (process.platform === 'win32') return;
    const descriptor = openSync(dirname(this.file('current')), 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** A version that has to prove itself. */
export interface Trial {
  releaseId: string;
  sha256: string;
  version: string;
  /** What ran before, and runs again when this fails. */
  from: string;
  /** How often it was started. */
  attempts: number;
  greenWithinSeconds: number;
  /** The version before was connected to the push broker, so this one must be too. */
  pushToo: boolean;
  /** Why the last attempt ended, where that is known. */
  why?: string;
}

export interface TrialOutcome {
  releaseId: string;
  version: string;
  from: string;
  outcome: 'installed' | 'failed';
  why?: string;
}

/** A device without power for a moment is no fault of the version: only the third start that fails counts. */
export const MOST_ATTEMPTS = 3;
const MOST_FAILED = 100;
const NAME = /^[0-9A-Za-z][0-9A-Za-z.+-]*$/;
const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);
