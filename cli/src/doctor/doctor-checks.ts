import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { certificateCheck } from '../certificates/inspect';
import { servedCertificateCheck } from '../certificates/served';
import { serverRoots } from '../certificates/server-trust';
import { serverTrustCheck } from '../certificates/server-trust-check';
import { backupCheck } from '../checks/backups';
import { JetStreams } from '../backup/sources/jet-streams';
import { natsOf } from '../backup/sources/compose-source';
import { brokerClockCheck, clockSkewCheck, type Told } from '../checks/clock';
import { databaseCheck, DatabaseFacts } from '../checks/database';
import { emailCheck } from '../checks/email';
import { edgeCheck } from '../checks/edge';
import type { Check } from '../checks/finding';
import { hubTrustCheck, leafLinkCheck, natsCheck } from '../checks/link';
import { diskCheck } from '../checks/machine';
import { nameCheck } from '../checks/names';
import { presenceCheck, QUIET_SECONDS, reachOf, type Ways } from '../checks/presence';
import { pushCheck } from '../checks/push';
import { queueCheck } from '../checks/queues';
import { serviceCheck } from '../checks/services';
import { turnCheck, type TurnPlace } from '../checks/turn';
import { turnStreamsCheck } from '../checks/turn-streams';
import { xmppCheck } from '../checks/xmpp';
import { readEnvFile } from '../setup/env-file';
import type { Site } from '../site/site';
import { ComposeStack } from '../stack/compose-stack';
import { interruptedCheck } from '../upgrade/upgrade-checks';
import { TURN_STREAMS, turnSecretIn } from './turn-server';

export interface DoctorOptions {
  backups?: string;
  backupDays: number;
  /** A key of the push service, to see whether it is taken. */
  pushKey?: string;
}

/** Everything that can be asked on this server, the parts that others stand on first. */
export async function doctorChecks(site: Site, { backups, backupDays, pushKey }: DoctorOptions): Promise<Check[]> {
  const { stack, nats, itsm, xmpp } = site;
  const url = await stack.databaseUrl().catch(() => undefined);
  const facts = url === undefined ? undefined : new DatabaseFacts(url);
  const hub = site.kind !== 'xmpp';
  const here = site.certificates[0]?.place.port;
  const accepted = serverRoots(site.roots, site.trust);
  // The documented firewall lets devices to the XMPP and TURN servers, and not the ITSM server.
  const elsewhere = { connected: async () => (facts ? (await reachOf(facts)).online : 0) };
  // The XMPP server makes the credentials: whether TURN servers take them can be seen there.
  const access = site.kind === 'xmpp' ? turnSecretIn(site.folder) : undefined;
  const push = { host: xmpp.host, port: xmpp.pushPort, ...(pushKey === undefined ? {} : { key: pushKey }) };
  return [
    serviceCheck(stack, site.folder),
    diskCheck(site.folder),
    interruptedCheck(site.folder),
    ...(site.names.length > 0 ? [nameCheck(site.names, site.lookup)] : []),
    ...site.certificates.map(({ certificate }) => certificateCheck(certificate)),
    ...site.certificates.map(({ certificate, place }) => servedCertificateCheck(certificate.file, place)),
    serverTrustCheck(site.trust),
    // On the ITSM server the edge is asked where it is published, which also works where a NAT does not lead back.
    edgeCheck({
      ...(site.kind === 'itsm' ? { ...itsm, host: '127.0.0.1', port: here ?? itsm.port } : itsm),
      roots: accepted,
    }),
    ...(site.kind === 'itsm' ? [brokerClockCheck(() => toldOf(site))] : [clockSkewCheck(itsm)]),
    natsCheck(stack, nats.parts),
    leafLinkCheck(stack, nats.leafAt, nats.hub ?? itsm.name),
    ...(site.hubRoots ? [hubTrustCheck({ ...itsm, roots: site.hubRoots })] : []),
    ...(hub ? [queueCheck(stack, nats.leafAt)] : []),
    ...(facts ? [databaseCheck(facts), emailCheck(facts), presenceCheck(facts, waysOf(site))] : []),
    // The XMPP server can be made anew without a backup: there it counts only once somebody makes them.
    ...(facts || existsSync(backups ?? site.backups)
      ? [backupCheck(backups ?? site.backups, { mostDays: backupDays })]
      : []),
    xmppCheck(
      { host: xmpp.host, port: xmpp.port, domain: xmpp.domain, roots: accepted },
      site.kind === 'itsm' ? elsewhere : undefined,
    ),
    ...(xmpp.pushOn || pushKey !== undefined ? [pushCheck(push)] : []),
    ...site.turn.map((place) =>
      turnCheck(place, { elsewhere: isElsewhere(site, place), ...(access ? { access } : {}) }),
    ),
    ...(site.kind === 'xmpp' && site.turnHere ? [turnStreamsCheck(TURN_STREAMS)] : []),
  ];
}

/** A device that is connected asks this often, if the server does not say otherwise. */
const POLL_SECONDS = QUIET_SECONDS / 3;

function waysOf({ folder, xmpp, itsm }: Site): Ways {
  const variables = readEnvFile(join(folder, '.env'));
  const [name] = ['WEB_POLL_CONNECTED_SECONDS', 'POLL_CONNECTED_SECONDS'].filter((one) => variables[one]);
  const every = Number(variables[name ?? ''] ?? POLL_SECONDS);
  return { port: xmpp.port, edge: itsm.port, quietSeconds: Math.max(3 * every, SHORTEST_QUIET) };
}

/** Devices spread their questions, and what they do may take a while. */
const SHORTEST_QUIET = 300;
const LAST_TOLD = 20;

/** What the broker has told of devices. @throws CliError where NATS does not answer, or this is no stack of containers */
async function toldOf({ stack, folder }: Site): ReturnType<Told> {
  if (!(stack instanceof ComposeStack)) return [];
  const streams = await JetStreams.connect(await natsOf(folder, stack));
  try {
    return await streams.newest('PRESENCE', LAST_TOLD);
  } finally {
    await streams.close();
  }
}

/** Of several, the one that is part of this server has an address of this host; behind a NAT that cannot be told of one alone. */
function isElsewhere({ turn, turnHere }: Site, { host }: TurnPlace): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return !turnHere || (turn.length > 1 && !own.some(({ address }) => address === host));
}
