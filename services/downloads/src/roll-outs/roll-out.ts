import { createHash } from 'node:crypto';
import { compareVersions, type StopRule } from '@muster/contracts';

/**
 * Whether a device is among the first so many per cent of a roll-out: by a hash of release and device, so that the answer
 * is always the same, raising the percentage takes no device out, and other devices go first with the next release.
 */
export function isAmong(releaseId: string, deviceId: string, percentage: number): boolean {
  const hash = createHash('sha256').update(`${releaseId}/${deviceId}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32 < percentage / 100;
}

/** Whether a release may replace a version: a newer one always, an older one only where its manifest names that version. */
export const replaces = (release: { version: string; downgradeFrom: readonly string[] }, running: string): boolean =>
  compareVersions(release.version, running) > 0 || release.downgradeFrom.includes(running);

/** Why a roll-out must stop, or nothing. `installed` and `failed` count devices since a person started it last. */
export function stopReason(rule: StopRule, installed: number, failed: number): string | undefined {
  if (failed > rule.failures)
    return `${failed === 1 ? '1 device' : `${failed} devices`} failed, and at most ${rule.failures} may.`;
  const ended = installed + failed;
  if (ended < rule.shareAfter || failed * 100 <= rule.sharePercent * ended) return undefined;
  return `${failed} of ${ended} devices failed, and at most ${rule.sharePercent} % may.`;
}

/** Text that sorts, by its bytes, as the version does. */
export function versionKey(version: string): string {
  const [core = '', ...rest] = version.split('-');
  const numbers = core.split('.').map((number) => number.padStart(9, '0'));
  const identifiers = rest
    .join('-')
    .split('.')
    .map((one) => (/^\d+$/.test(one) ? `0${one.padStart(60, '0')}` : `a${one}`));
  // A release comes after all that leads up to it; the end of the text before everything that goes on.
  return `${numbers.join('.')}${rest.length === 0 ? '~' : `-${identifiers.join('!')}`}`;
}
