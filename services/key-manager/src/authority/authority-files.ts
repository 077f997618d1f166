import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PURPOSE_OIDS, type SigningPurpose } from '@muster/contracts';
import { type CrossCertificates, readCrossCertificates } from './cross-certificates';
import { readServerRoots, SERVER_ROOTS, type ServerRoots } from './server-roots';
import { type CertifiedKey, fingerprint, validFrom, validTo } from './x509';

/** Parts of the authority that hold a key. */
export const AUTHORITY_PARTS = [
  'issuing/devices',
  'signing/operation',
  'signing/endpoint-map',
  'signing/audit-head',
  'signing/release',
] as const;
export type AuthorityPart = (typeof AUTHORITY_PARTS)[number];
/**
 * Parts without which the service does all the rest: authorities that were made before there were audit heads or releases
 * lack them, and who signs releases elsewhere keeps that key away from here.
 */
export const SPARE_PARTS = ['signing/audit-head', 'signing/release'] as const satisfies readonly AuthorityPart[];
export type SparePart = (typeof SPARE_PARTS)[number];
/** What a part of `signing/` signs. */
export const purposeOf = (part: Exclude<AuthorityPart, 'issuing/devices'>): SigningPurpose =>
  part.slice('signing/'.length) as SigningPurpose;
/** Most roots that a device is given. */
const ANCHORS_AT_MOST = 4;

/** What `CA_DIR` holds. A part that cannot be used says why. */
export interface AuthorityMaterial {
  /** Roots valid now, the current one (newest `notBefore`) first. */
  anchors: X509Certificate[];
  /** Roots that were taken out of use and have not expired: nothing new is trusted under them. */
  retired: X509Certificate[];
  /** What roots that were replaced say of their successors. */
  cross: CrossCertificates;
  /** Whom devices accept as servers besides those under the anchors. */
  servers: ServerRoots;
  parts: Record<AuthorityPart, CertifiedKey | { problem: string }>;
}

/** Changes whenever a file of the authority does. */
export async function authorityStamp(dir: string): Promise<string> {
  const lines: string[] = [];
  for (const folder of ['cross', 'retired', 'roots', 'issuing', 'signing', SERVER_ROOTS]) {
    const names = await readdir(join(dir, folder)).catch(() => [] as string[]);
    for (const name of names.sort()) {
      const found = await stat(join(dir, folder, name)).catch(() => undefined);
      if (found) lines.push([folder, name, found.ino, found.size, found.mtimeMs].join(' '));
    }
  }
  return lines.join('\n');
}

/** @throws Error when there is no valid root, or a root file is not a certificate */
export async function readAuthority(dir: string): Promise<AuthorityMaterial> {
  const anchors = (await readRoots(join(dir, 'roots'))).slice(0, ANCHORS_AT_MOST);
  if (anchors.length === 0) throw new Error(`no valid root certificate in ${join(dir, 'roots')}`);
  const parts = {} as AuthorityMaterial['parts'];
  for (const part of AUTHORITY_PARTS) parts[part] = await readPart(dir, part, anchors);
  const retired = await readRetired(join(dir, 'retired'), anchors);
  const servers = await readServerRoots(dir);
  // Last, since a roll-over puts them there first: what leads away from a delegation is never missed.
  return { anchors, retired, servers, parts, cross: await readCrossCertificates(join(dir, 'cross')) };
}

/** Why a part may not be used under these anchors, or nothing. */
export function faultOf(part: AuthorityPart, pair: CertifiedKey, anchors: X509Certificate[]): string | undefined {
  const { certificate, key } = pair;
  const now = new Date();
  if (!certificate.checkPrivateKey(key)) return 'its key and certificate do not belong together';
  if (validTo(certificate) <= now) return `its certificate expired on ${validTo(certificate).toISOString()}`;
  if (validFrom(certificate) > now) return `its certificate is valid from ${validFrom(certificate).toISOString()} only`;
  const signer = anchors.find((anchor) => certificate.checkIssued(anchor) && certificate.verify(anchor.publicKey));
  if (!signer) return 'no root in roots/ has signed its certificate';
  if (part === 'issuing/devices') return certificate.ca ? undefined : 'its certificate is not an authority';
  const usage = PURPOSE_OIDS[purposeOf(part)];
  if (!certificate.keyUsage?.includes(usage)) return `its certificate lacks the extended key usage ${usage}`;
  if (key.asymmetricKeyType !== 'ec') return 'its key is not an elliptic curve key';
  return undefined;
}

/** A root that is among the anchors is in use, wherever else it lies: it may be on its way from one folder to the other. */
async function readRetired(folder: string, anchors: readonly X509Certificate[]): Promise<X509Certificate[]> {
  if (!(await stat(folder).catch(() => undefined))) return [];
  const used = new Set(anchors.map(fingerprint));
  return (await readRoots(folder)).filter((root) => !used.has(fingerprint(root)));
}

/** The valid roots of a folder, newest first. */
async function readRoots(folder: string): Promise<X509Certificate[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.crt'));
  const read = await Promise.all(names.map(async (name) => new X509Certificate(await readFile(join(folder, name)))));
  const now = new Date();
  return read
    .filter((root) => root.ca && root.verify(root.publicKey) && validTo(root) > now && validFrom(root) <= now)
    .sort((one, other) => {
      const newer = validFrom(other).getTime() - validFrom(one).getTime();
      return newer || fingerprint(one).localeCompare(fingerprint(other));
    });
}

async function readPart(dir: string, part: AuthorityPart, anchors: X509Certificate[]) {
  try {
    const pem = await readFile(join(dir, `${part}.crt`), 'utf8');
    const key = createPrivateKey(await readFile(join(dir, `${part}.key`)));
    const pair = { pem: `${pem.trim()}\n`, certificate: new X509Certificate(pem), key };
    const problem = faultOf(part, pair, anchors);
    return problem ? { problem } : pair;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
