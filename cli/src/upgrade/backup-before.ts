import { mkdirSync } from 'node:fs';
import { resolve, join } from 'node:path';
import { makeBackup } from '../backup/make-backup';
import { passphraseOf } from '../backup/passphrase';
import type { Terminal } from '../core/terminal';
import type { Site } from '../site/site';

export interface BackupWishes {
  /** Path; a name of its own in the usual folder when absent. */
  file?: string;
  passphraseFile?: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/** The backup before an upgrade. What it needs is asked for before anything happens. */
export class BackupBefore {
  private passphrase = '';

  constructor(
    private readonly site: Site,
    private readonly terminal: Terminal,
    private readonly wishes: BackupWishes,
  ) {}

  /** @throws CliError when there is no passphrase */
  async prepare(): Promise<void> {
    const { passphraseFile, environment } = this.wishes;
    this.passphrase = await passphraseOf(passphraseFile, environment, { twice: true });
  }

  /** @returns its file. @throws CliError when it could not be made */
  async make(): Promise<string> {
    const { site, terminal, wishes, passphrase } = this;
    const moment = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
    const file = resolve(wishes.file ?? join(site.backups, `before-upgrade-${moment}.muster`));
    if (wishes.file === undefined) mkdirSync(site.backups, { recursive: true, mode: 0o700 });
    terminal.progress('Making a backup …');
    const onProgress = (step: string): void => terminal.progress(`  ${step}`);
    // What is backed up says its version itself; this one is not asked for.
    return (await makeBackup({ site, version: '', file, passphrase, onProgress })).file;
  }
}
