import { CliError, EXIT } from '../core/exit-codes';
import { DatabaseFacts } from '../checks/database';
import type { X509Certificate } from 'node:crypto';
import { acceptedRoots, nameOf } from './accepted-roots';
import {
  type AuthorityPart,
  authorityParts,
  currentRoot,
  earlierRoots,
  isHalfMade,
  isRolling,
} from './authority-parts';
import { type DeviceCount, deviceRoots, type DeviceRoots } from './device-roots';
import { authorityOf, type Installation } from './installation';
import { digestOf, subjectOf } from './pem';
import { isTrustedUnder, type TlsPlace } from './served';

export interface RootStatus extends Partial<DeviceCount> {
  file: string;
  subject: string;
  sha256: string;
  from: string;
  until: string;
  state: 'current' | 'old' | 'retired';
  /** Until when a device that knows only this root can follow to its successor; absent: it cannot. */
  followUntil?: string;
}

/** One of both servers, as others see it now. */
export interface ServerStatus {
  server: 'itsm' | 'xmpp';
  /** `host:port` at which it was asked. */
  at: string;
  /** Whether what it shows is trusted by who knows the current root alone. Absent: it does not answer. */
  underCurrent?: boolean;
  /** Whether it shows a certificate of the own CA at all. */
  own?: boolean;
  /** Files of the roots whose devices it asks for. */
  accepts?: string[];
}

export interface RollStatus {
  state: 'steady' | 'rolling' | 'cut off';
  roots: RootStatus[];
  servers: ServerStatus[];
  /** Absent where the database does not answer. */
  devices?: Pick<DeviceRoots, 'issuers' | 'late'>;
}

/** How far a roll-over is. @param seenMs a contact so long ago at most counts as seen */
export async function rollStatus(installation: Installation, seenMs: number): Promise<RollStatus> {
  const { folder } = authorityOf(installation);
  const parts = authorityParts(folder);
  const url = await installation.site.stack.databaseUrl().catch(() => undefined);
  const [devices, servers] = await Promise.all([
    url ? deviceRoots(new DatabaseFacts(url), parts, seenMs).catch(() => undefined) : undefined,
    serverStates(installation, parts),
  ]);
  const roots = [currentRoot(parts), ...earlierRoots(parts)].filter((part) => part !== undefined);
  return {
    state: isHalfMade(folder) ? 'cut off' : isRolling(folder, parts) ? 'rolling' : 'steady',
    roots: roots.map((root) => ({ ...describe(root, parts), ...(devices ? countFor(root, devices) : {}) })),
    servers,
    ...(devices ? { devices: { issuers: devices.issuers, late: devices.late } } : {}),
  };
}

function describe({ file, kind, certificate }: AuthorityPart, parts: readonly AuthorityPart[]): RootStatus {
  const cross = parts.find((part) => part.kind === 'cross' && part.certificate.checkIssued(certificate));
  return {
    ...{ file, subject: subjectOf(certificate), sha256: digestOf(certificate) },
    from: new Date(certificate.validFrom).toISOString(),
    until: new Date(certificate.validTo).toISOString(),
    state: kind === 'current' || kind === 'retired' ? kind : 'old',
    ...(cross ? { followUntil: new Date(cross.certificate.validTo).toISOString() } : {}),
  };
}

const countFor = ({ certificate }: AuthorityPart, { roots }: DeviceRoots): DeviceCount =>
  roots.get(certificate.fingerprint256) ?? { devices: 0, seen: 0 };

/** Where the edge and the broker ask devices for a certificate, seen from the ITSM server. */
export function devicePlaces({ site, names, place }: Installation): Record<'itsm' | 'xmpp', TlsPlace> {
  const { host, port, domain } = site.xmpp;
  return {
    itsm: { ...place, serverName: `work.${names.base}` },
    xmpp: { host, port, serverName: domain, alpn: ['xmpp-client'] },
  };
}

async function serverStates(installation: Installation, parts: readonly AuthorityPart[]): Promise<ServerStatus[]> {
  const current = currentRoot(parts);
  if (!current) throw new CliError(EXIT.config, 'There is no root in the authority.');
  const all = [current, ...earlierRoots(parts)];
  const pem = (roots: readonly AuthorityPart[]): string[] => roots.map((root) => root.certificate.toString());
  const states = Object.entries(devicePlaces(installation)).map(async ([server, place]): Promise<ServerStatus> => {
    const asked = { server: server as 'itsm' | 'xmpp', at: `${place.host}:${place.port}` };
    const own = await isTrustedUnder(place, pem(all)).catch(() => undefined);
    if (own === undefined) return asked;
    const underCurrent = await isTrustedUnder(place, pem([current])).catch(() => undefined);
    const accepted = await acceptedRoots(place, installation.commands);
    return {
      ...{ ...asked, own },
      ...(underCurrent === undefined ? {} : { underCurrent }),
      ...(accepted ? { accepts: filesOf(accepted, all) } : {}),
    };
  });
  return Promise.all(states);
}

const filesOf = (accepted: readonly string[], roots: readonly (AuthorityPart & { certificate: X509Certificate })[]) =>
  roots.filter(({ certificate }) => accepted.includes(nameOf(certificate))).map(({ file }) => file);
