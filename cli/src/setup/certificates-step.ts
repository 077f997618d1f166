import { existsSync, readFileSync, rmSync } from 'node:fs';
import { certificateMessages } from '../certificates/certificate-messages';
import { acceptance, noTrust, type ServerTrust, trustFiles } from '../certificates/server-trust';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';
import { needsIssuing, type OwnAuthority, type ServerFiles } from './authority';
import { type GivenFiles, offeredBy, readGiven } from './given-certificate';
import { place } from './server-files';

/** Where a server's certificate goes. */
export interface Target {
  certificate: string;
  key: string;
  /** Names that it must be good for. */
  names: readonly string[];
  /** Names that the own CA writes into it. */
  issueFor: readonly string[];
}

/** Whom devices accept as servers: under the own CA (PEM of its roots), and besides. */
export interface Accepted {
  own: readonly string[];
  trust: ServerTrust;
  /** Whether more can be let in here: the ITSM server decides. */
  decides: boolean;
}

/**
 * Puts a given certificate in place.
 * @returns findings, among them whether devices would refuse it, and what is to be let in so that they accept it
 * @throws CliError with each fault as a sentence; then nothing has changed
 */
export async function installGiven(
  target: Omit<Target, 'issueFor'>,
  given: GivenFiles,
  { own, trust: known, decides }: Accepted,
): Promise<{ findings: Finding[]; adds: ServerTrust }> {
  const offered = offeredBy(given);
  const { certificate, key, findings } = await readGiven(given, target.names, new Date(), [...own, ...known.roots]);
  refuse(findings);
  const verdict = acceptance(certificate, { own, known, offered: decides ? offered : noTrust });
  write(target, { certificate, key, together: key + certificate });
  if (verdict.accepted) return { findings, adds: verdict.adds };
  const foreign = certificateMessages.say('certificate-foreign', { file: given.certificate });
  return { findings: [...findings, foreign], adds: noTrust };
}

/** Makes a folder say what devices accept. @returns the files that changed */
export function placeTrust(folder: string, wanted: ServerTrust): string[] {
  const changes = trustFiles(folder, wanted);
  for (const { file, text } of changes) {
    if (text === undefined) rmSync(file, { force: true });
    else place(file, text);
  }
  return changes.map(({ file }) => file);
}

/** Makes the server's own certificate where there is none that will do. @returns whether one was made */
export async function issueOwn(target: Target, authority: OwnAuthority, renew: boolean): Promise<boolean> {
  if (!renew && existsSync(target.key) && !needsIssuing(target.certificate, target.names)) return false;
  write(target, await authority.issue(target.issueFor));
  return true;
}

/** The XMPP server's own certificate, kept beside the join token from one to the next. @returns PEM with its key */
export async function issueForXmpp(
  kept: string,
  authority: OwnAuthority,
  names: readonly string[],
  renew: boolean,
): Promise<string> {
  if (!renew && !needsIssuing(kept, names)) return readFileSync(kept, 'utf8');
  const { together } = await authority.issue(names);
  place(kept, together, 0o600);
  return together;
}

function write({ certificate, key }: Pick<Target, 'certificate' | 'key'>, files: ServerFiles): void {
  if (certificate === key) {
    place(certificate, files.together);
    return;
  }
  // The key first: a server that looks between the two finds a pair that does not fit, and keeps the one before.
  place(key, files.key);
  place(certificate, files.certificate, 0o640);
}

/** @throws CliError with every fault's sentence, and what to do about them */
export function refuse(findings: readonly Finding[]): void {
  const faults = findings.filter(({ verdict }) => verdict === 'fault');
  if (faults.length === 0) return;
  const remedies = [...new Set(faults.map(({ remedy }) => remedy))];
  throw new CliError(EXIT.data, faults.map(({ sentence }) => sentence).join(' '), remedies.join(' '));
}
