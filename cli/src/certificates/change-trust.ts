import { existsSync } from 'node:fs';
import { CliError, EXIT } from '../core/exit-codes';
import { writeJoin } from '../setup/hand-out';
import { serverRootsFolder } from '../setup/server-files';
import { authorityOf, type Installation } from './installation';
import { KeptFiles } from './kept-files';
import { mapSays } from './map-says';
import { certificatesIn, digestOf, subjectOf } from './pem';
import { devicePlaces } from './roll-status';
import { isTrustedUnder } from './served';
import { joined, ROOTS_AT_MOST, serverRoots, type ServerTrust, trustFiles } from './server-trust';

export interface TrustChange {
  trust: ServerTrust;
  /** Files that changed; none: it was so before. */
  changed: string[];
  /** Whether devices are given a map that says so. Absent: the edge does not run. */
  told?: boolean;
  /** File with the token by which the XMPP server learns it. */
  joinFile?: string;
}

export interface TrustOptions {
  /** How long the endpoint map has to say so. */
  waitSeconds: number;
  joinHours: number;
}

/** Makes the installation accept no others as servers than these, besides those under the own CA. */
export async function setTrust(
  installation: Installation,
  trust: ServerTrust,
  waitSeconds: number,
): Promise<TrustChange & { files: KeptFiles }> {
  const { site, variables, aside, place, terminal } = installation;
  if (trust.roots.length > ROOTS_AT_MOST) {
    throw new CliError(
      EXIT.data,
      `Devices take ${ROOTS_AT_MOST} roots of other CAs, and these are ${trust.roots.length}.`,
      'Remove one that no server needs: muster cert trust remove SHA256.',
    );
  }
  const changes = trustFiles(serverRootsFolder('itsm', site.folder, variables), trust);
  const files = KeptFiles.replace(changes, aside);
  const changed = changes.map(({ file }) => file);
  if (changed.length === 0) return { trust, changed, files };
  terminal.progress('Waiting until the endpoint map says so to devices …');
  const told = await mapSays(place, trust, waitSeconds);
  if (told === false) terminal.progress('The endpoint map does not say so yet; see "muster logs key-manager".');
  return { trust, changed, files, ...(told === undefined ? {} : { told }) };
}

/** Lets more in: a company's root, or public authorities. @throws CliError on another server than the ITSM server */
export async function addTrust(
  installation: Installation,
  more: ServerTrust,
  options: TrustOptions,
): Promise<TrustChange> {
  return handOut(installation, joined(installation.site.trust, more), options);
}

/**
 * Lets less in.
 * @param which the start of a root's SHA-256, or `public`
 * @throws CliError when there is none such, or a server would or may be refused by devices then and nobody insists
 */
export async function removeTrust(
  installation: Installation,
  which: string,
  { force, ...options }: TrustOptions & { force: boolean },
): Promise<TrustChange> {
  const { trust } = installation.site;
  const wanted = which.toLowerCase().replaceAll(':', '');
  const left: ServerTrust =
    wanted === 'public'
      ? { ...trust, public: false }
      : { ...trust, roots: trust.roots.filter((pem) => !certificatesIn(pem).some((root) => startsWith(root, wanted))) };
  if (left.public === trust.public && left.roots.length === trust.roots.length) {
    const known = [
      ...trust.roots.flatMap((pem) => certificatesIn(pem)).map(described),
      ...(trust.public ? ['public'] : []),
    ];
    throw new CliError(
      EXIT.missing,
      `Nothing of "${which}" is let in for servers.`,
      known.length > 0 ? `There is: ${known.join('; ')}.` : 'Devices accept servers under the own CA alone.',
    );
  }
  if (!force) await refuseWhileNeeded(installation, left);
  return handOut(installation, left, options);
}

const startsWith = (root: Parameters<typeof digestOf>[0], start: string): boolean =>
  start.length >= 8 && digestOf(root).startsWith(start);
const described = (root: Parameters<typeof digestOf>[0]): string =>
  `${digestOf(root).slice(0, 16)} (${subjectOf(root)})`;

async function handOut(
  installation: Installation,
  trust: ServerTrust,
  { waitSeconds, joinHours }: TrustOptions,
): Promise<TrustChange> {
  const authority = authorityOf(installation);
  const { site, names, answers } = installation;
  const { changed, told } = await setTrust(installation, trust, waitSeconds);
  const ready = existsSync(site.certificates[0]?.certificate.file ?? '');
  const joinFile = ready
    ? await writeJoin(site.folder, { names, answers, authority }, { joinHours, renew: false })
    : undefined;
  return { trust, changed, ...(told === undefined ? {} : { told }), ...(joinFile ? { joinFile } : {}) };
}

/** Asks both servers what they show. One that cannot be asked may need it. */
async function refuseWhileNeeded(installation: Installation, left: ServerTrust): Promise<void> {
  const { roots, trust } = installation.site;
  const [before, after] = [serverRoots(roots, trust), serverRoots(roots, left)];
  for (const [server, place] of Object.entries(devicePlaces(installation))) {
    const name = server === 'itsm' ? 'ITSM' : 'XMPP';
    const accepted = (known: readonly string[]) => isTrustedUnder(place, known).catch(() => undefined);
    const [now, then] = [await accepted(before), await accepted(after)];
    if (now === undefined || then === undefined) {
      throw new CliError(
        EXIT.later,
        `The ${name} server (${place.host}:${place.port}) cannot be asked from here: it may show a certificate under it.`,
        'See there with "muster cert show". If it shows none, --force lets it go.',
      );
    }
    if (!now || then) continue;
    throw new CliError(
      EXIT.later,
      `The ${name} server still shows a certificate under it: devices would refuse it.`,
      'Replace that certificate first ("muster cert replace server" there). With --force it is let go nevertheless.',
    );
  }
}
