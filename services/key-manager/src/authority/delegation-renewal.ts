import { createPrivateKey } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SigningPurpose } from '@muster/contracts';
import { AUTHORITY_PARTS, type AuthorityMaterial, type AuthorityPart } from './authority-files';
import { delegationProfile, issuingProfile } from './profiles';
import { certifiedKey, type CertifiedKey, certify, DAY_MS, publicKeyDer, validTo } from './x509';

/** How long before its end a part gets a new certificate, in days: issuing ones must outlive the leaves. */
const RENEW_BEFORE_DAYS: Record<AuthorityPart, number> = {
  'issuing/devices': 365,
  'signing/operation': 60,
  'signing/endpoint-map': 60,
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
    const root = await findRoot(dir, pair);
    if (root)
      await replace(join(dir, `${part}.crt`), await certify(publicKeyDer(pair.key), root, profileOf(part, owner)));
    outcomes.push({ part, renewed: root !== undefined, notAfter });
  }
  return outcomes;
}

function profileOf(part: AuthorityPart, owner: string) {
  if (part === 'issuing/devices') return issuingProfile(owner, 'devices', new Date().toISOString().slice(0, 10));
  return delegationProfile(owner, part.slice('signing/'.length) as SigningPurpose);
}

async function findRoot(dir: string, pair: CertifiedKey): Promise<CertifiedKey | undefined> {
  const names = (await readdir(join(dir, 'roots'))).filter((name) => name.endsWith('.crt'));
  for (const name of names) {
    const pem = await readFile(join(dir, 'roots', name), 'utf8');
    const key = await readFile(join(dir, 'roots', name.replace(/\.crt$/, '.key'))).catch(() => undefined);
    if (!key) continue;
    const root = certifiedKey(pem, createPrivateKey(key));
    if (pair.certificate.checkIssued(root.certificate) && root.certificate.checkPrivateKey(root.key)) return root;
  }
  return undefined;
}

async function replace(file: string, content: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, content, { mode: 0o644 });
  await rename(fresh, file);
}
