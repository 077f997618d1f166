import { compareVersions, VERSION_PATTERN } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import type { SuiteManifest } from './manifest';

/** Whether one may go from a version to a release. @throws CliError on a way back and on one that skips too much */
export function checkPath(from: string, { version, oldestFrom }: Pick<SuiteManifest, 'version' | 'oldestFrom'>): void {
  if (!VERSION_PATTERN.test(from)) {
    throw new CliError(
      EXIT.config,
      `The version that runs is called "${from}", which says nothing about what is newer.`,
      'MUSTER_VERSION in .env must be a version such as 1.4.0.',
    );
  }
  if (compareVersions(version, from) < 0) {
    throw new CliError(
      EXIT.config,
      `${version} is older than ${from}, which runs: there is no way back by an upgrade.`,
      'To go back, restore a backup of that version with "muster restore".',
    );
  }
  if (compareVersions(from, oldestFrom) < 0) {
    throw new CliError(
      EXIT.config,
      `${version} can be reached from ${oldestFrom} or later, and ${from} runs.`,
      `Upgrade to ${oldestFrom} first, then to ${version}.`,
    );
  }
}
