import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SUCCESSOR_OID } from '@muster/contracts';
import { validFrom, validTo } from './x509';

/** A delegation holds three certificates, and the signing one is the first. */
const CROSS_AT_MOST = 2;

/** "New with old" (RFC 4210, section 4.4): a root's name and key, certified by the root before it. */
export interface CrossCertificates {
  usable: X509Certificate[];
  /** Files that devices would not believe, with the reason. */
  problems: string[];
}

/** Never throws: without a cross certificate everything works but following a roll-over in one's sleep. */
export async function readCrossCertificates(folder: string): Promise<CrossCertificates> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const read: CrossCertificates = { usable: [], problems: [] };
  for (const name of names.filter((one) => one.endsWith('.crt')).sort()) {
    try {
      const certificate = new X509Certificate(await readFile(join(folder, name)));
      const problem = problemOf(certificate);
      if (problem) read.problems.push(`cross/${name}: ${problem}`);
      else read.usable.push(certificate);
    } catch (error) {
      read.problems.push(`cross/${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return read;
}

/**
 * The cross certificates that lead from a signing certificate's root to the older ones among the anchors, nearest first.
 * @returns PEM with a trailing line feed each
 */
export function crossCertificatesFor(
  signer: X509Certificate,
  anchors: readonly X509Certificate[],
  usable: readonly X509Certificate[],
): string[] {
  const reached = anchors.filter((anchor) => isIssuedBy(signer, anchor));
  const found: X509Certificate[] = [];
  // Grows while it is walked: each root that is reached may lead to one before it.
  for (const root of reached) {
    for (const cross of usable.filter((one) => isFor(one, root) && problemOf(one) === undefined)) {
      const older = anchors.find((anchor) => !reached.includes(anchor) && isIssuedBy(cross, anchor));
      if (!older) continue;
      reached.push(older);
      found.push(cross);
    }
  }
  return found.slice(0, CROSS_AT_MOST).map((cross) => `${cross.toString().trim()}\n`);
}

function problemOf(certificate: X509Certificate): string | undefined {
  const now = new Date();
  if (!certificate.ca) return 'it is not an authority';
  if (!certificate.keyUsage?.includes(SUCCESSOR_OID)) return `it lacks the extended key usage ${SUCCESSOR_OID}`;
  if (validTo(certificate) <= now) return `it expired on ${validTo(certificate).toISOString()}`;
  if (validFrom(certificate) > now) return `it is valid from ${validFrom(certificate).toISOString()} only`;
  return undefined;
}

const isFor = (cross: X509Certificate, root: X509Certificate): boolean =>
  cross.subject === root.subject && cross.publicKey.equals(root.publicKey);

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
