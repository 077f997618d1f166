import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { inspectCertificate } from '../certificates/inspect';
import { certificatesIn, readKey, selfIssued, signedBy } from '../certificates/pem';
import type { ServerTrust } from '../certificates/server-trust';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';

/** Paths of what an administrator was given by a CA. */
export interface GivenFiles {
  certificate: string;
  /** The certificate's own file when absent. */
  key?: string;
  /** Intermediate certificates, when they are not in the certificate's file. */
  chain?: string;
  /** A root of another CA, which devices accept for servers from then on. */
  root?: string;
  /** Devices accept servers with certificates of public authorities from then on. */
  publicCa?: boolean;
  passphraseFile?: string;
}

/** Whom the administrator lets in for servers with it. @throws CliError when the file is not there or holds no root */
export function offeredBy({ root, publicCa = false }: GivenFiles): ServerTrust {
  return { roots: root === undefined ? [] : rootsIn(root), public: publicCa };
}

/** The roots in a file, PEM. @throws CliError when it is not there or holds something else */
export function rootsIn(file: string): string[] {
  const pem = text(file);
  let found: X509Certificate[] = [];
  try {
    found = certificatesIn(pem);
  } catch {
    // Said below.
  }
  if (found.length > 0 && found.every((one) => one.ca && selfIssued(one))) return found.map(String);
  throw new CliError(
    EXIT.data,
    `${file} holds ${found.length === 0 ? 'no certificate' : 'a certificate that is no root'}.`,
    'Give the root certificate of the CA in PEM, which signs itself; intermediate ones go with --chain.',
  );
}

export interface GivenCertificate {
  /** Leaf and chain, PEM. */
  certificate: string;
  /** PKCS #8, PEM, without a passphrase. */
  key: string;
  findings: Finding[];
}

/**
 * Reads and inspects a given certificate. It may be used when no finding is a fault.
 * @param known PEM of roots that clients have, besides the public ones
 * @throws CliError when a file is not there
 */
export async function readGiven(
  given: GivenFiles,
  names: readonly string[],
  now = new Date(),
  known: readonly string[] = [],
): Promise<GivenCertificate> {
  const pem = [given.certificate, given.chain].map((file) => (file ? text(file) : '')).join('\n');
  const passphrase = given.passphraseFile ? text(given.passphraseFile).replace(/\r?\n$/, '') : undefined;
  const keyFile = given.key ?? given.certificate;
  const roots = [...known, ...(given.root ? [text(given.root)] : [])];
  const folder = mkdtempSync(join(tmpdir(), 'muster-given-'));
  try {
    const file = join(folder, 'cert.pem');
    writeFileSync(file, pem, { mode: 0o600 });
    const server = { file, keyFile, names, roots, ...(passphrase === undefined ? {} : { passphrase }) };
    const inspected = await inspectCertificate(server, now);
    // The administrator knows the given file, not the copy.
    const findings = inspected.map((finding) => ({
      ...finding,
      sentence: finding.sentence.replaceAll(file, given.certificate),
    }));
    const read = readKey(text(keyFile), passphrase);
    const key = 'key' in read ? read.key.export({ type: 'pkcs8', format: 'pem' }).toString() : '';
    return { certificate: withoutRoot(pem), key, findings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What servers send: the root is left out, since who does not have it would not believe it. */
function withoutRoot(pem: string): string {
  let certificates: X509Certificate[];
  try {
    certificates = certificatesIn(pem);
  } catch {
    return pem;
  }
  const sent = certificates.filter((certificate, index) => index === 0 || !selfIssued(certificate));
  return sent.map((certificate) => certificate.toString()).join('');
}

/** The roots that a served chain leads to: among those given, its own file, and the public ones. PEM. */
export function rootsAbove(pem: string, given: readonly string[]): string[] {
  const chain = certificatesIn(pem);
  const candidates = certificatesIn([...given, pem, ...rootCertificates].join('\n')).filter(selfIssued);
  const roots = candidates.filter((root) => chain.some((certificate) => signedBy(certificate, root)));
  return [...new Set(roots.map((root) => root.toString()))];
}

function text(file: string): string {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no file ${file}.`);
  return readFileSync(file, 'utf8');
}
