import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import { CliError, EXIT } from '../core/exit-codes';
import { refuse } from '../setup/certificates-step';
import type { Join } from '../setup/join-token';
import { certificatePlaces, serverRootsFolder } from '../setup/server-files';
import { refuseOtherLink } from '../setup/setup-xmpp';
import { acceptedRoots, nameOf } from './accepted-roots';
import type { Installation } from './installation';
import type { FileChange } from './kept-files';
import { certificatesIn, privateKeyIn, signedBy, subjectOf } from './pem';
import { inspectText, installedChain, type Replaced, type ReplaceOptions } from './replace-server';
import { trustFiles } from './server-trust';
import { takeUp } from './take-up';
import { tellTurn, tellLink } from './other-parts';

export interface Joined extends Replaced {
  /** The server's certificate is of another CA than the token's, and stays. */
  keeps: boolean;
  /** Names of the roots whose devices the broker accepts now; absent where it does not run. */
  accepts?: string[];
}

/**
 * Takes certificate, roots of devices and roots of the link out of the ITSM server's token: what an XMPP server needs of a
 * roll-over. Nothing else of the token is looked at.
 * @throws CliError when the token is another installation's, or what is in it does not fit
 */
export async function replaceByJoin(
  installation: Installation,
  token: Join,
  { waitSeconds, force }: ReplaceOptions,
): Promise<Joined> {
  const { site, names, variables, terminal, place, part, aside } = installation;
  if (site.kind !== 'xmpp') throw new CliError(EXIT.usage, 'A join token is for the XMPP server: run this there.');
  refuseOtherLink(join(site.folder, 'secrets/nats-leaf'), token.natsLeaf);
  if (token.xmppDomain !== names.xmpp) {
    throw new CliError(EXIT.data, `The token is for ${token.xmppDomain}; this server is ${names.xmpp}.`);
  }
  const places = certificatePlaces.xmpp(site.folder, variables);
  const installed = installedChain(installation);
  const trust = token.serverTrust ?? site.trust;
  const ownRoots = [...site.roots, ...token.deviceRoots];
  const keeps = token.certificate === undefined || (!force && isOfAnother(installed, ownRoots));
  const chain = keeps ? installed : certificatesIn(token.certificate ?? '');
  const [leaf] = chain;
  if (!leaf) throw new CliError(EXIT.data, `There is no certificate for ${names.xmpp}, neither here nor in the token.`);
  const pem = keeps ? readFileSync(places.certificate, 'utf8') : (token.certificate ?? '');
  const files = { certificate: chain.map(String).join(''), key: privateKeyIn(pem) ?? '' };
  const known = [...token.deviceRoots, ...token.hubRoots, ...trust.roots];
  const findings = await inspectText(installation, files, known);
  if (!keeps) refuse(findings);

  const wanted = certificatesIn(token.deviceRoots.join('\n')).map(nameOf);
  const gone = deviceRootsIn(places.devices)
    .map(nameOf)
    .filter((name) => !wanted.includes(name));
  const hubBefore = existsSync(places.hub) ? readFileSync(places.hub, 'utf8') : '';
  // The roots first: from then on devices under the new one are let in.
  const changes: FileChange[] = [
    ...deviceRootFiles(places.devices, token.deviceRoots),
    ...trustFiles(serverRootsFolder('xmpp', site.folder, variables), trust),
    ...(token.hubRoots.length > 0 ? [{ file: places.hub, text: token.hubRoots.join('') }] : []),
    ...(keeps ? [] : [{ file: places.certificate, text: pem }]),
  ];
  const taken = await takeUp({ changes, leaf, place, aside, part, stack: site.stack, waitSeconds, terminal });
  const accepts = taken.served ? await acceptance(installation, wanted, gone, waitSeconds) : undefined;
  const linkChanged = token.hubRoots.length > 0 && token.hubRoots.join('') !== hubBefore;
  const restarted = taken.served
    ? [...(await tellTurn(installation, leaf)), ...(linkChanged ? await tellLink(installation) : [])]
    : [];
  const until = new Date(leaf.validTo).toISOString();
  return {
    ...{ ...taken, findings, keeps, restarted, subject: subjectOf(leaf), until },
    ...(accepts ? { accepts } : {}),
    changed: changes.map(({ file }) => file),
  };
}

/** Whether a certificate that is in place came from somewhere else than the own CA. */
function isOfAnother(installed: readonly X509Certificate[], roots: readonly string[]): boolean {
  if (installed.length === 0) return false;
  const own = certificatesIn(roots.join('\n'));
  return !installed.some((link) => own.some((root) => signedBy(link, root)));
}

/** As setup names them. Roots that the token leaves out are retired; files of other names are the administrator's. */
function deviceRootFiles(folder: string, roots: readonly string[]): FileChange[] {
  const names = roots.map((_root, index) => `root-${index + 1}.crt`);
  const before = ownNamesIn(folder);
  return [
    ...roots.map((text, index) => ({ file: join(folder, names[index] ?? ''), text })),
    ...before.filter((name) => !names.includes(name)).map((name) => ({ file: join(folder, name) })),
  ];
}

const ownNamesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^root-\d+\.crt$/.test(name)) : [];
const deviceRootsIn = (folder: string): X509Certificate[] =>
  ownNamesIn(folder).flatMap((name) => certificatesIn(readFileSync(join(folder, name), 'utf8')));

/** Waits until the broker asks for devices of the token's roots, and no more for those of roots that left. */
async function acceptance(
  installation: Installation,
  wanted: readonly string[],
  gone: readonly string[],
  waitSeconds: number,
) {
  const { place, commands, part, terminal } = installation;
  const end = Date.now() + waitSeconds * 1000;
  for (;;) {
    const accepted = await acceptedRoots(place, commands);
    const knows = (name: string): boolean => accepted?.includes(name) ?? false;
    if (accepted && wanted.every(knows) && !gone.some(knows)) return accepted;
    if (Date.now() > end) {
      terminal.progress(`${part} does not yet ask for devices of the new roots; see "muster logs ${part}".`);
      return accepted;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
