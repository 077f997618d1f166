import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';
import type { ServerFiles } from '../setup/authority';
import { refuse } from '../setup/certificates-step';
import { type GivenFiles, offeredBy, readGiven } from '../setup/given-certificate';
import { writeJoin } from '../setup/hand-out';
import { itsmCertificateNames } from '../setup/plan';
import { authorityOf, type Installation, placesOf } from './installation';
import { inspectCertificate } from './inspect';
import { setTrust } from './change-trust';
import { tellTurn } from './other-parts';
import { certificatesIn, issuerOf, subjectOf } from './pem';
import { acceptance, joined, noTrust, type ServerTrust } from './server-trust';
import { takeUp, type TakenUp } from './take-up';

export interface Replaced extends TakenUp {
  findings: Finding[];
  /** Subject and end of the new certificate. */
  subject: string;
  until: string;
  changed: string[];
  /** Parts that were started anew. */
  restarted: string[];
  /** What devices accept as servers from now on because of it. */
  added?: ServerTrust;
  /** File with the token for the XMPP server, whose link has to accept the ITSM server's new CA. */
  joinFile?: string;
}

export interface ReplaceOptions {
  /** How long the server has to take the new certificate. */
  waitSeconds: number;
  /** Go on although devices would not trust it. */
  force: boolean;
}

/**
 * A certificate from elsewhere. On the ITSM server, whom devices do not accept yet and the administrator names is let in
 * before, and let go again when the certificate is not taken.
 * @throws CliError with each fault as a sentence; then nothing has changed
 */
export async function replaceByGiven(
  installation: Installation,
  given: GivenFiles,
  options: ReplaceOptions,
): Promise<Replaced> {
  const { certificate, site } = installation;
  const { roots: own, trust: known } = site;
  const offered = offeredBy(given);
  const files = await readGiven(given, certificate.names, new Date(), [...own, ...known.roots]);
  refuse(files.findings);
  const decides = site.kind === 'itsm';
  const verdict = acceptance(files.certificate, { own, known, offered: decides ? offered : noTrust });
  if (!verdict.accepted && !options.force) throw refusedByDevices(files.certificate, given.certificate, decides);
  const { certificate: chain, key } = files;
  const server = { certificate: chain, key, together: key + chain };
  const adds = verdict.accepted ? verdict.adds : noTrust;
  const letIn = adds.roots.length > 0 || adds.public;
  const before = letIn ? await setTrust(installation, joined(known, adds), options.waitSeconds) : undefined;
  const done = await install(installation, server, files.findings, options).catch((error: unknown) => {
    before?.files.putBack();
    throw error;
  });
  return {
    ...{ ...done, ...(letIn ? { added: adds } : {}) },
    ...(decides && !isOf(chain, own) ? { joinFile: await handOut(installation) } : {}),
  };
}

const JOIN_HOURS = 24;
function handOut(installation: Installation): Promise<string> {
  const { site, names, answers } = installation;
  const authority = authorityOf(installation);
  return writeJoin(site.folder, { names, answers, authority }, { joinHours: JOIN_HOURS, renew: false });
}

/** A new one of the own CA, for the names that setup gave it. @throws CliError when the issuing key is not here */
export async function replaceBySelf(installation: Installation, options: ReplaceOptions): Promise<Replaced> {
  const authority = authorityOf(installation);
  const own = authority.roots();
  const before = installedChain(installation).map(String).join('');
  const files = await authority.issue(itsmCertificateNames(installation.names));
  const findings = await inspectText(installation, files, own);
  refuse(findings);
  const done = await install(installation, files, findings, options);
  return before === '' || isOf(before, own) ? done : { ...done, joinFile: await handOut(installation) };
}

/** Whether devices accept a chain by the own CA alone. */
const isOf = (chain: string, own: readonly string[]): boolean =>
  acceptance(chain, { own, known: noTrust, offered: noTrust }).accepted;

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
function refusedByDevices(pem: string, file: string, decides: boolean): CliError {
  const last = certificatesIn(pem).at(-1);
  const root = last ? `"${issuerOf(last)}"` : 'nobody';
  return new CliError(
    EXIT.data,
    `Devices would not connect any more: the certificate ${file} leads to ${root}, which is not among those that they accept.`,
    decides
      ? 'Let it in with the same command: --root FILE with the root of a company CA, or --public-ca for public authorities.'
      : 'Let it in on the ITSM server with "muster cert trust add FILE" (or: public), give its new token to "muster cert replace server --join" here, and run this again.',
  );
}

/** The certificate that lies in place now, leaf first. */
export const installedChain = (installation: Installation) => {
  const { certificate } = placesOf(installation);
  return existsSync(certificate) ? certificatesIn(readFileSync(certificate, 'utf8')) : [];
};
