import type { X509Certificate } from 'node:crypto';
import { compareVersions, InvalidInput, parse, ReleaseManifest, type Signed } from '@muster/contracts';
import { signatureFault } from '../trust/signed';

export interface ReleaseContext {
  organisationId: string;
  /** Node.js' names, for example linux-x64. */
  platform: string;
  running: string;
  anchors: readonly X509Certificate[];
  /** The server's time, milliseconds since 1970. */
  now: number;
}
export type ReleaseVerdict = { manifest: ReleaseManifest } | { why: string };

/** Decides whether a release may be installed here. Nothing in it is believed before the signature is. */
export function verifyRelease(signed: Signed, context: ReleaseContext): ReleaseVerdict {
  const fault = signatureFault(signed, 'release', context.anchors, context.now);
  if (fault === 'not-delegated') return { why: 'no pinned root delegated its signer to sign releases' };
  if (fault) return { why: 'its signature does not fit its manifest' };
  let manifest: ReleaseManifest;
  try {
    manifest = parse(ReleaseManifest, JSON.parse(signed.payload), { unknown: 'drop' });
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof SyntaxError)
      return { why: `its manifest cannot be read: ${error.message}` };
    throw error;
  }
  const { organisationId, platform, version, downgradeFrom = [] } = manifest;
  if (organisationId !== undefined && organisationId !== context.organisationId)
    return { why: 'it is for another organisation' };
  if (platform !== 'any' && platform !== context.platform) return { why: `it is for ${platform}` };
  if (compareVersions(version, context.running) > 0 || downgradeFrom.includes(context.running)) return { manifest };
  return { why: `it is not newer than ${context.running}, and not signed as a way back from it` };
}
