import { CliError, EXIT } from '../core/exit-codes';
import { writeJoin } from '../setup/hand-out';
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { acceptedRoots, nameOf } from './accepted-roots';
import { authorityParts, currentRoot, isHalfMade, isRolling, rootAbove } from './authority-parts';
import { authorityOf, type Installation } from './installation';
import { certificatesIn, digestOf, subjectOf } from './pem';
import { installedChain, replaceBySelf, type Replaced } from './replace-server';
import { devicePlaces, type RollStatus, rollStatus } from './roll-status';

export interface RollOptions {
  waitSeconds: number;
  joinHours: number;
}

/** What a step did. Absent parts were done before. */
export interface RollOutcome {
  /** The root or issuing CA that was made. */
  made?: { subject: string; sha256: string };
  server?: Replaced;
  /** File with the line for the XMPP server. */
  joinFile: string;
}

/**
 * Puts a second root beside the first, and everything that is issued from now on under it: device certificates, delegations,
 * both servers' certificates. Devices of either root are accepted until `finishRoll`. Each step looks whether it was done, so
 * that a run that was cut off is simply run again.
 */
export async function rollRoot(installation: Installation, options: RollOptions): Promise<RollOutcome> {
  const authority = authorityOf(installation);
  const before = authorityParts(authority.folder);
  const begins = !isRolling(authority.folder, before);
  if (begins || isHalfMade(authority.folder)) {
    installation.terminal.progress('Making a root, its issuing CAs and signing keys …');
    await authority.roll(`Muster ${installation.names.base}`);
  }
  const root = currentRoot(authorityParts(authority.folder))?.certificate;
  if (!root) throw new CliError(EXIT.config, `There is no root in ${authority.folder}.`);
  const isNew = before.every(({ certificate }) => certificate.fingerprint256 !== root.fingerprint256);
  const made = isNew ? { made: { subject: subjectOf(root), sha256: digestOf(root) } } : {};
  return { ...made, ...(await renewServers(installation, options)) };
}

/** A new issuing CA. What the one before has issued stays valid until it ends or its root is replaced. */
export async function rollIssuing(
  installation: Installation,
  purpose: 'devices' | 'servers',
  options: RollOptions,
): Promise<RollOutcome> {
  const authority = authorityOf(installation);
  await authority.reissue(purpose, `Muster ${installation.names.base}`);
  const ca = authorityParts(authority.folder).find(({ file }) => file === `issuing/${purpose}.crt`)?.certificate;
  const made = ca ? { made: { subject: subjectOf(ca), sha256: digestOf(ca) } } : {};
  const joinFile = join(installation.site.folder, 'join/token');
  if (purpose === 'devices') return { ...made, joinFile };
  return { ...made, ...(await renewServers(installation, options)) };
}

/** Certificates of both servers, where they are of the own CA and not yet under what issues now. */
async function renewServers(installation: Installation, { waitSeconds, joinHours }: RollOptions) {
  const { site, names, answers } = installation;
  const authority = authorityOf(installation);
  const parts = authorityParts(authority.folder);
  const issuing = parts.find(({ file }) => file === 'issuing/servers.crt')?.certificate;
  const isCurrent = (pem: string): boolean =>
    certificatesIn(pem).some(({ fingerprint256 }) => fingerprint256 === issuing?.fingerprint256);
  const installed = installedChain(installation);
  const own = installed.length === 0 || rootAbove(installed, parts) !== undefined;
  const due = own && !isCurrent(installed.map(String).join(''));
  const server = due ? await replaceBySelf(installation, { waitSeconds, force: false }) : undefined;
  const kept = join(site.folder, 'join/xmpp.pem');
  const renew = !existsSync(kept) || !isCurrent(readFileSync(kept, 'utf8'));
  const joinFile = await writeJoin(site.folder, { names, answers, authority }, { joinHours, renew });
  return { ...(server ? { server } : {}), joinFile };
}

export interface FinishOptions extends RollOptions {
  /** Devices with a contact so long ago at most are waited for. */
  seenMs: number;
  /** The administrator says that the XMPP server took its part: it may be out of this server's reach. */
  joined: boolean;
  force: boolean;
}

export interface FinishOutcome {
  /** Files of the roots that were retired. */
  retired: string[];
  status: RollStatus;
  joinFile?: string;
  /** The edge asks for devices of these roots no more. */
  takenUp: boolean;
}

/**
 * Ends a roll-over: roots other than the newest are no longer trusted by anybody.
 * @throws CliError naming everything that still hangs on them, unless `force`
 */
export async function finishRoll(
  installation: Installation,
  { seenMs, joined, force, waitSeconds, joinHours }: FinishOptions,
): Promise<FinishOutcome> {
  const authority = authorityOf(installation);
  const parts = authorityParts(authority.folder);
  const status = await rollStatus(installation, seenMs);
  if (status.state === 'steady') return { retired: [], status, takenUp: true };
  if (status.state === 'cut off') {
    throw new CliError(
      EXIT.later,
      'The roll-over was cut off while it was made.',
      'Run "muster cert roll root" again.',
    );
  }
  const reasons = reasonsToWait(status, joined);
  if (reasons.length > 0 && !force) {
    throw new CliError(
      EXIT.later,
      `The old root is still needed: ${reasons.join(' ')}`,
      'See "muster cert roll status". With --force it is retired nevertheless: devices that hang on it renew once they are back.',
    );
  }
  const old = parts.filter(({ kind }) => kind === 'old');
  await authority.retire();
  const takenUp = await isForgotten(
    installation,
    old.map(({ certificate }) => nameOf(certificate)),
    waitSeconds,
  );
  const { site, names, answers } = installation;
  const joinFile = await writeJoin(site.folder, { names, answers, authority }, { joinHours, renew: false });
  return { retired: old.map(({ file }) => file), status: await rollStatus(installation, seenMs), joinFile, takenUp };
}

/** Each as a sentence. @param joined the XMPP server is known to have taken its part, where it does not answer from here */
export function reasonsToWait({ roots, servers, devices }: RollStatus, joined: boolean): string[] {
  const reasons: string[] = [];
  for (const { server, at, own, underCurrent, accepts } of servers) {
    const name = server === 'itsm' ? 'the ITSM server' : 'the XMPP server';
    if (own === undefined || underCurrent === undefined) {
      if (server === 'itsm') reasons.push(`${name} (${at}) does not answer, so nobody knows.`);
      else if (!joined) reasons.push(`${name} (${at}) is out of reach from here; once it took its part, add --joined.`);
    } else if (own && !underCurrent) reasons.push(`${name} still shows a certificate under it.`);
    const current = roots.find(({ state }) => state === 'current');
    if (accepts && current && !accepts.includes(current.file)) reasons.push(`${name} does not know the new root yet.`);
  }
  if (!devices) reasons.push('the database does not answer, so nobody knows which devices hang on it.');
  const seen = roots.filter(({ state }) => state === 'old').reduce((sum, root) => sum + (root.seen ?? 0), 0);
  if (seen > 0) {
    const names = (devices?.late ?? []).slice(0, Math.min(5, seen)).map(({ name }) => name);
    const more = seen > names.length ? ' and others' : '';
    reasons.push(
      `${seen} ${seen === 1 ? 'device has' : 'devices have'} a certificate under it (${names.join(', ')}${more}).`,
    );
  }
  return reasons.map((reason) => reason.charAt(0).toUpperCase() + reason.slice(1));
}

/** Waits until the edge, which follows the folder, asks for devices of these roots no more. */
async function isForgotten(installation: Installation, names: readonly string[], seconds: number): Promise<boolean> {
  const place = devicePlaces(installation).itsm;
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const accepted = await acceptedRoots(place, installation.commands);
    if (accepted && !names.some((name) => accepted.includes(name))) return true;
    if (!accepted || Date.now() > end) return false;
    await pause(1000);
  }
}
