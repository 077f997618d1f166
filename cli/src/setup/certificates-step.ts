import { existsSync, readFileSync } from 'node:fs';
import { certificateMessages } from '../certificates/certificate-messages';
import { certificatesIn } from '../certificates/pem';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';
import { needsIssuing, type OwnAuthority, type ServerFiles } from './authority';
import { type GivenFiles, readGiven, rootsAbove } from './given-certificate';
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

/**
 * Puts a given certificate in place. @param deviceRoots PEM of the own CA's roots, which devices trust
 * @throws CliError with each fault as a sentence; then nothing has changed
 */
export async function installGiven(
  target: Omit<Target, 'issueFor'>,
  given: GivenFiles,
  deviceRoots: readonly string[],
): Promise<Finding[]> {
  const { certificate, key, findings } = await readGiven(given, target.names);
  refuse(findings);
  write(target, { certificate, key, together: key + certificate });
  if (leadsTo(certificate, deviceRoots)) return findings;
  return [...findings, certificateMessages.say('certificate-foreign', { file: given.certificate })];
}

/** Whether a chain leads to one of these roots. */
function leadsTo(pem: string, roots: readonly string[]): boolean {
  const own = new Set(certificatesIn(roots.join('\n')).map(({ fingerprint256 }) => fingerprint256));
  const above = certificatesIn(rootsAbove(pem, roots).join('\n'));
  return above.some(({ fingerprint256 }) => own.has(fingerprint256));
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
