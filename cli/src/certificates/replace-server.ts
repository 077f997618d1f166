import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';
import type { ServerFiles } from '../setup/authority';
import { refuse } from '../setup/certificates-step';
import { type GivenFiles, readGiven, rootsAbove } from '../setup/given-certificate';
import { itsmCertificateNames } from '../setup/plan';
import { authorityOf, type Installation, placesOf } from './installation';
import { inspectCertificate } from './inspect';
import { tellTurn } from './other-parts';
import { certificatesIn, issuerOf, subjectOf } from './pem';
import { takeUp, type TakenUp } from './take-up';

export interface Replaced extends TakenUp {
  findings: Finding[];
  /** Subject and end of the new certificate. */
  subject: string;
  until: string;
  changed: string[];
  /** Parts that were started anew. */
  restarted: string[];
}

export interface ReplaceOptions {
  /** How long the server has to take the new certificate. */
  waitSeconds: number;
  /** Go on although devices would not trust it. */
  force: boolean;
}

/** A certificate from elsewhere. @throws CliError with each fault as a sentence; then nothing has changed */
export async function replaceByGiven(
  installation: Installation,
  given: GivenFiles,
  options: ReplaceOptions,
): Promise<Replaced> {
  const { certificate, site } = installation;
  const files = await readGiven(given, certificate.names, new Date(), site.roots);
  refuse(files.findings);
  if (!options.force) refuseUntrusted(files.certificate, given.certificate, site.roots);
  const { certificate: chain, key } = files;
  return install(installation, { certificate: chain, key, together: key + chain }, files.findings, options);
}

/** A new one of the own CA, for the names that setup gave it. @throws CliError when the issuing key is not here */
export async function replaceBySelf(installation: Installation, options: ReplaceOptions): Promise<Replaced> {
  const authority = authorityOf(installation);
  const files = await authority.issue(itsmCertificateNames(installation.names));
  const findings = await inspectText(installation, files, authority.roots());
  refuse(findings);
  return install(installation, files, findings, options);
}

/** Checks a certificate that is not yet in its place. */
export async function inspectText(
  { certificate }: Pick<Installation, 'certificate'>,
  files: Pick<ServerFiles, 'certificate' | 'key'>,
  roots: readonly string[],
): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-new-'));
  try {
    const [file, keyFile] = [join(folder, 'new.crt'), join(folder, 'new.key')];
    writeFileSync(file, files.certificate, { mode: 0o600 });
    writeFileSync(keyFile, files.key, { mode: 0o600 });
    const found = await inspectCertificate({ ...certificate, file, keyFile, roots }, new Date());
    const told = (text: string): string => text.replaceAll(file, 'that was made').replaceAll(keyFile, 'that was made');
    return found.map((finding) => ({ ...finding, sentence: told(finding.sentence) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function install(
  installation: Installation,
  files: ServerFiles,
  findings: Finding[],
  { waitSeconds }: ReplaceOptions,
): Promise<Replaced> {
  const { site, place, part, aside, terminal } = installation;
  const places = placesOf(installation);
  const [leaf] = certificatesIn(files.certificate);
  if (!leaf) throw new CliError(EXIT.data, 'There is no certificate in what was given.');
  const changes =
    places.certificate === places.key
      ? [{ file: places.certificate, text: files.together }]
      : // The key first: a server that looks between the two finds a pair that does not fit, and keeps the one before.
        [
          { file: places.key, text: files.key },
          { file: places.certificate, text: files.certificate },
        ];
  const taken = await takeUp({ changes, leaf, place, aside, part, stack: site.stack, waitSeconds, terminal });
  const restarted = taken.served && site.kind === 'xmpp' ? await tellTurn(installation, leaf) : [];
  const until = new Date(leaf.validTo).toISOString();
  return { ...taken, findings, restarted, subject: subjectOf(leaf), until, changed: changes.map(({ file }) => file) };
}

/** Devices accept servers under the roots that they were given, and under no other, public ones included. */
function refuseUntrusted(pem: string, file: string, trusted: readonly string[]): void {
  const own = new Set(certificatesIn(trusted.join('\n')).map(({ fingerprint256 }) => fingerprint256));
  const above = certificatesIn(rootsAbove(pem, trusted).join('\n'));
  if (above.some(({ fingerprint256 }) => own.has(fingerprint256))) return;
  const last = certificatesIn(pem).at(-1);
  const root = last ? `"${issuerOf(last)}"` : 'nobody';
  throw new CliError(
    EXIT.data,
    `Devices would not connect any more: the certificate ${file} leads to ${root}, and they trust servers under this installation's own CA only.`,
    'Have it issued under the own CA (make-certs.sh server). If no device is enrolled yet, --force goes on.',
  );
}

/** The certificate that lies in place now, leaf first. */
export const installedChain = (installation: Installation) => {
  const { certificate } = placesOf(installation);
  return existsSync(certificate) ? certificatesIn(readFileSync(certificate, 'utf8')) : [];
};
