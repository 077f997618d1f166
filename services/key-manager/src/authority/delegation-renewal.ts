import { createPrivateKey, randomUUID, type KeyObject, type X509Certificate } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certify } from './certify';
import { AUTHORITY_PARTS, type AuthorityMaterial, type AuthorityPart, purposeOf } from './authority-files';
import { delegationProfile, issuingProfile } from './profiles';
import { certifiedKey, type CertifiedKey, DAY_MS, keyToPem, newKey, publicKeyDer, validFrom, validTo } from './x509';

/** How long before its end a part gets a new certificate, in days: issuing ones must outlive the leaves. */
const RENEW_BEFORE_DAYS: Record<AuthorityPart, number> = {
  'issuing/devices': 365,
  'signing/operation': 60,
  'signing/endpoint-map': 60,
  'signing/audit-head': 60,
  'signing/release': 60,
};

export interface RenewalOutcome {
  part: AuthorityPart;
  renewed: boolean;
  notAfter: Date;
}

/**
 * Gives parts that end soon a new certificate for the same key, by the root that signed the old one, where that root's
 * key is on this machine. With the root kept offline it only reports, so that somebody is told in time.
 */
export async function renewDelegations(
  dir: string,
  owner: string,
  material: AuthorityMaterial,
): Promise<RenewalOutcome[]> {
  const outcomes: RenewalOutcome[] = [];
  for (const part of AUTHORITY_PARTS) {
    const pair = material.parts[part];
    if ('problem' in pair) continue;
    const notAfter = validTo(pair.certificate);
    if (notAfter.getTime() - Date.now() > RENEW_BEFORE_DAYS[part] * DAY_MS) continue;
    const root = await findRoot(dir, (one) => pair.certificate.checkIssued(one));
    if (root) await replace(join(dir, `${part}.crt`), certify(publicKeyDer(pair.key), root, profileOf(part, owner)));
    outcomes.push({ part, renewed: root !== undefined, notAfter });
  }
  return outcomes;
}

/**
 * Makes a delegation that an older authority lacks, where the key of a root that is trusted now is on this machine. Safe
 * when several instances start at once: all certify the one key that was there first.
 * @returns whether the delegation is there now
 */
export async function addMissingDelegation(
  dir: string,
  owner: string,
  part: Exclude<AuthorityPart, 'issuing/devices'>,
  { anchors }: AuthorityMaterial,
): Promise<boolean> {
  const file = join(dir, `${part}.crt`);
  if (await stat(file).catch(() => undefined)) return true;
  const root = await findRoot(dir, (one) => anchors.some((anchor) => anchor.raw.equals(one.raw)));
  if (!root) return false;
  const key = await keptKey(join(dir, `${part}.key`));
  await replace(file, certify(publicKeyDer(key), root, delegationProfile(owner, purposeOf(part))));
  return true;
}

/** The key in this file; a new one when there was none. */
async function keptKey(file: string): Promise<KeyObject> {
  const fresh = `${file}.${randomUUID()}.new`;
  await writeFile(fresh, keyToPem(await newKey()), { mode: 0o600 });
  // Unlike a rename, a link replaces nothing: whoever comes second uses the first one's key.
  await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(fresh);
  return createPrivateKey(await readFile(file));
}

function profileOf(part: AuthorityPart, owner: string) {
  if (part === 'issuing/devices') return issuingProfile(owner, 'devices', new Date().toISOString().slice(0, 10));
  return delegationProfile(owner, purposeOf(part));
}

/** The newest root that fits and whose key is on this machine. */
async function findRoot(dir: string, fits: (root: X509Certificate) => boolean): Promise<CertifiedKey | undefined> {
  const names = (await readdir(join(dir, 'roots'))).filter((name) => name.endsWith('.crt'));
  const found: CertifiedKey[] = [];
  for (const name of names) {
    const pem = await readFile(join(dir, 'roots', name), 'utf8');
    const key = await readFile(join(dir, 'roots', name.replace(/\.crt$/, '.key'))).catch(() => undefined);
    if (!key) continue;
    const root = certifiedKey(pem, createPrivateKey(key));
    if (fits(root.certificate) && root.certificate.checkPrivateKey(root.key)) found.push(root);
  }
  return found.sort((one, other) => validFrom(other.certificate).getTime() - validFrom(one.certificate).getTime())[0];
}

async function replace(file: string, content: string): Promise<void> {
  const fresh = `${file}.${randomUUID()}.new`;
  await writeFile(fresh, content, { mode: 0o644 });
  await rename(fresh, file);
}
