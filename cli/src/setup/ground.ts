import { clockSkewCheck, type HttpsPlace, plausibleClockCheck } from '../checks/clock';
import { edgeCheck } from '../checks/edge';
import { dockerCheck } from '../checks/docker';
import type { Check } from '../checks/finding';
import { kernelCheck, machineCheck, NEEDS, roomCheck } from '../checks/machine';
import { type ExpectedName, type Lookup, nameCheck } from '../checks/names';
import { type NeededPort, portCheck } from '../checks/ports';
import type { Commands } from '../site/commands';
import { ITSM_FUNCTIONS, type Names } from './plan';

export interface Ground {
  server: 'itsm' | 'xmpp';
  folder: string;
  names: Names;
  turn: boolean;
  /** `EDGE_PUBLISH` and its like. */
  variables: Readonly<Record<string, string>>;
  /** The stack's containers are there: its ports are in use by itself. */
  running: boolean;
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
  nameCheck(expectedNames(ground.names, ground.server), ground.lookup),
  ...(ground.running ? [] : [portCheck(neededPorts(ground))]),
  ...(ground.server === 'xmpp' ? [edgeCheck(itsmPlace(ground)), clockSkewCheck(itsmPlace(ground))] : []),
];

/** The names that browsers and devices use, as seen from this server. An installation by address has none. */
export function expectedNames(names: Names, server: 'itsm' | 'xmpp'): ExpectedName[] {
  const { itsm, base, xmpp, addresses, xmppAddresses, consoleOrigin } = names;
  if (new URL(consoleOrigin).hostname !== itsm) return [];
  // The XMPP server itself asks for the ITSM server alone, and for that only where it has no address.
  const labels = server === 'itsm' ? ITSM_FUNCTIONS : [];
  return [
    { name: itsm, addresses, needed: server === 'itsm' || addresses.length === 0 },
    ...labels.map((label) => ({ name: `${label}.${base}`, addresses, needed: addresses.length === 0 })),
    { name: xmpp, addresses: xmppAddresses, needed: xmppAddresses.length === 0 },
  ];
}

export function neededPorts({ server, turn, variables }: Ground): NeededPort[] {
  const port = (variable: string, usual: number): number =>
    Number((variables[variable] || usual).toString().split(':').at(-1));
  const tcp = (number: number, purpose: string): NeededPort => ({ port: number, protocol: 'TCP', purpose });
  if (server === 'itsm') {
    return [
      tcp(port('EDGE_PUBLISH', 443), 'console and devices'),
      tcp(port('EDGE_HTTP_PUBLISH', 80), 'the redirect to HTTPS'),
    ];
  }
  return [
    tcp(port('XMPP_PUBLISH', 443), "the devices' connections"),
    tcp(port('XMPP_STARTTLS_PUBLISH', 5222), 'XMPP with STARTTLS'),
    tcp(port('PUSH_PUBLISH', 8080), 'the push service'),
    ...(turn ? [tcp(3478, 'TURN'), { port: 3478, protocol: 'UDP' as const, purpose: 'TURN' }] : []),
  ];
}

/** The other server, which must run already: the link leads there. */
const itsmPlace = ({ names, variables }: Ground): HttpsPlace => ({
  host: names.addresses[0] ?? names.itsm,
  port: Number(variables['EDGE_PORT'] || 443),
  name: names.itsm,
});
