import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { certify } from './certify';
import type { CertificateProfile, CertifiedKey } from './x509';
import { certifiedKey, keyToPem, newKey, publicKeyDer, selfSign } from './x509';
import { delegationProfile, issuingProfile, rootProfile } from './profiles';

const STALE_MS = 60_000;

/**
 * Makes root, issuing authorities and delegations in `dir` when it holds no root yet. Safe when several instances start
 * at once and when one dies half-way: everything is built inside a folder that only one can make, and `roots` moves last.
 * @returns whether this call made it
 */
export async function createAuthority(dir: string, owner: string): Promise<boolean> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const building = join(dir, '.creating');
  while (!(await hasRoots(dir))) {
    if (await claim(building)) {
      try {
        await build(building, owner);
        for (const part of ['issuing', 'signing', 'roots']) {
          // What a start that died left here has no root that anybody knows.
          await rm(join(dir, part), { recursive: true, force: true });
          await rename(join(building, part), join(dir, part));
        }
        return true;
      } finally {
        await rm(building, { recursive: true, force: true });
      }
    }
    await sleep(200);
  }
  return false;
}

export async function hasRoots(dir: string): Promise<boolean> {
  const names = await readdir(join(dir, 'roots')).catch(() => [] as string[]);
  return names.some((name) => name.endsWith('.crt'));
}

async function claim(building: string): Promise<boolean> {
  try {
    await mkdir(building, { mode: 0o700 });
    return true;
  } catch {
    const age = Date.now() - (await stat(building).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > STALE_MS) await rm(building, { recursive: true, force: true });
    return false;
  }
}

async function build(dir: string, owner: string): Promise<void> {
  const label = new Date().toISOString().slice(0, 10);
  const root = await selfSign(await newKey(), rootProfile(owner, label));
  await writePair(join(dir, 'roots'), label, root);
  for (const purpose of ['devices', 'servers'] as const) {
    await writePair(join(dir, 'issuing'), purpose, await issue(root, issuingProfile(owner, purpose, label)));
  }
  for (const purpose of ['operation', 'endpoint-map', 'audit-head', 'release'] as const) {
    await writePair(join(dir, 'signing'), purpose, await issue(root, delegationProfile(owner, purpose)));
  }
}

async function issue(root: CertifiedKey, profile: CertificateProfile): Promise<CertifiedKey> {
  const key = await newKey();
  return certifiedKey(certify(publicKeyDer(key), root, profile), key);
}

async function writePair(folder: string, name: string, pair: CertifiedKey): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(join(folder, `${name}.key`), keyToPem(pair.key), { mode: 0o600 });
  await writeFile(join(folder, `${name}.crt`), pair.pem, { mode: 0o644 });
}
