import { clockSkewCheck, type HttpsPlace, plausibleClockCheck } from '../checks/clock';
import { configurationCheck } from '../checks/configuration';
import { edgeCheck } from '../checks/edge';
import { dockerCheck } from '../checks/docker';
import type { Check } from '../checks/finding';
import { kernelCheck, machineCheck, NEEDS, roomCheck } from '../checks/machine';
import { type ExpectedName, type Lookup, nameCheck } from '../checks/names';
import { type NeededPort, portCheck } from '../checks/ports';
import { published, PUBLISHED, variablesCheck } from '../checks/variables';
import type { Commands } from '../site/commands';
import { COTURN_PORTS } from '../stack/docker-facts';
import { dialledName, ITSM_FUNCTIONS, type Names } from './plan';

export interface Ground {
  server: 'itsm' | 'xmpp';
  folder: string;
  names: Names;
  turn: boolean;
  /** `EDGE_PUBLISH` and its like. */
  variables: Readonly<Record<string, string>>;
  /** The stack's containers are there. */
  running: boolean;
  /** Setup goes on to start them anew with what the `.env` file says by now. */
  startsAgain: boolean;
  /** Ports of this host that they have, which so are in use by the stack itself. */
  ownPorts: readonly number[];
  commands: Commands;
  lookup?: Lookup;
}

/** Everything that must be right before a server is set up. */
export const groundChecks = (ground: Ground): Check[] => [
  machineCheck(NEEDS[ground.server]),
  roomCheck(ground.folder, ground.running ? 1e9 : NEEDS[ground.server].leastDisk),
  kernelCheck(),
  plausibleClockCheck(),
  dockerCheck(ground.commands),
  nameCheck(expectedNames(ground.names, ground.server, ground.variables['ITSM_WEB_HOST']), ground.lookup),
  variablesCheck(ground.server, ground.variables),
  portCheck(neededPorts(ground).filter(({ port }) => !ground.ownPorts.includes(port))),
  ...(ground.startsAgain ? [configurationCheck(ground.folder, ground.commands)] : []),
  ...(ground.server === 'xmpp' ? [edgeCheck(itsmPlace(ground)), clockSkewCheck(itsmPlace(ground))] : []),
];

/**
 * The names that browsers and devices use, as seen from this server. An installation by address has none.
 * @param webHost `ITSM_WEB_HOST`, by which devices and the XMPP server's NATS dial the ITSM server
 */
export function expectedNames(names: Names, server: 'itsm' | 'xmpp', webHost?: string): ExpectedName[] {
  const { itsm, base, xmpp, addresses, xmppAddresses, consoleOrigin } = names;
  if (new URL(consoleOrigin).hostname !== itsm) return [];
  // The XMPP server itself asks for the ITSM server alone, and for that only where it has no address.
  const labels = server === 'itsm' ? ITSM_FUNCTIONS : [];
  const dialled = { name: dialledName(names, webHost), addresses, needed: addresses.length === 0 };
  return [
    ...(server === 'itsm' ? [{ name: itsm, addresses, needed: true }] : []),
    ...(server === 'xmpp' || dialled.name !== itsm ? [dialled] : []),
    ...labels.map((label) => ({ name: `${label}.${base}`, addresses, needed: addresses.length === 0 })),
    { name: xmpp, addresses: xmppAddresses, needed: xmppAddresses.length === 0 },
  ];
}

const PURPOSES = {
  EDGE_PUBLISH: 'the edge',
  EDGE_HTTP_PUBLISH: 'the redirect to HTTPS',
  XMPP_PUBLISH: 'the broker',
  XMPP_STARTTLS_PUBLISH: 'XMPP with STARTTLS',
  PUSH_PUBLISH: 'the push service',
} as const;

/** What cannot be a port is another check's to say. */
export function neededPorts({ server, turn, variables }: Pick<Ground, 'server' | 'turn' | 'variables'>): NeededPort[] {
  const usual: Partial<Record<keyof typeof PURPOSES, number>> = PUBLISHED[server];
  const needed = Object.entries(usual).flatMap(([name, port]): NeededPort[] => {
    const place = published(variables[name] || String(port));
    return place ? [{ ...place, protocol: 'TCP', purpose: PURPOSES[name as keyof typeof PURPOSES] }] : [];
  });
  if (server === 'itsm' || !turn) return needed;
  const turnPorts = Object.entries(COTURN_PORTS).flatMap(([purpose, port]) =>
    (['TCP', 'UDP'] as const).map((protocol): NeededPort => ({ port, protocol, purpose })),
  );
  return [...needed, ...turnPorts];
}

/** The other server, which must run already: the link leads there. */
const itsmPlace = ({ names, variables }: Ground): HttpsPlace => ({
  host: names.addresses[0] ?? dialledName(names, variables['ITSM_WEB_HOST']),
  port: Number(variables['EDGE_PORT'] || 443),
  name: dialledName(names, variables['ITSM_WEB_HOST']),
});
