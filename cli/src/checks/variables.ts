import { isIP } from 'node:net';
import { InvalidInput, WEB_HOST_RULE, webHostOf } from '@muster/contracts';
import { COTURN_PORTS } from '../stack/docker-facts';
import { type Check, defineMessages, fault, type Finding } from './finding';

const messages = defineMessages(
  'variables',
  'Variables of the .env file can be what they are, and do not contradict.',
  {
    'variable-faulty': fault(
      '{name} is "{value}", which is not {wanted}.',
      'Correct the line in the .env file, then run setup again.',
    ),
    'variables-same-port': fault(
      '{one} and {other} both publish port {port}.',
      'Give one of them another port in the .env file.',
    ),
  },
);

type Variables = Readonly<Record<string, string>>;

/** Where Docker publishes a port: `PORT` or `ADDRESS:PORT`. Undefined: it can be neither. */
export function published(value: string): { address: string; port: number } | undefined {
  const found = /^(?:(\[[0-9a-f:.]+\]|[\d.]+):)?(\d{1,5})$/i.exec(value);
  if (!found) return undefined;
  const address = (found[1] ?? '').replace(/^\[|\]$/g, '');
  const port = Number(found[2]);
  if (port < 1 || port > 65_535 || (address !== '' && isIP(address) === 0)) return undefined;
  return { address, port };
}

/** Variables that name ports of a server, and what they are when they are not set. */
export const PUBLISHED = {
  itsm: { EDGE_PUBLISH: 443, EDGE_HTTP_PUBLISH: 80 },
  xmpp: { XMPP_PUBLISH: 443, XMPP_STARTTLS_PUBLISH: 5222, PUSH_PUBLISH: 8080 },
} as const;

const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
const areAddresses = (value: string): boolean => value.split(',').every((one) => isIP(one.trim()) > 0);
const isOrigin = (value: string): boolean =>
  URL.canParse(value) && value.startsWith('https://') && new URL(value).pathname === '/' && !value.endsWith('/');

const WANTED: readonly [readonly string[], (value: string) => boolean, string][] = [
  [Object.values(PUBLISHED).flatMap(Object.keys), (value) => published(value) !== undefined, 'a port or ADDRESS:PORT'],
  [['EDGE_PORT', 'XMPP_PORT'], isPort, 'a port'],
  [['ITSM_WEB_IP', 'ITSM_XMPP_IP'], areAddresses, 'a list of IP addresses with commas'],
  [['CONSOLE_ORIGIN'], isOrigin, 'an origin such as https://itsm.company.local'],
];

/** An empty variable counts as absent, as everywhere. */
export const variablesCheck = (server: keyof typeof PUBLISHED, variables: Variables): Check => ({
  name: 'variables',
  run: async () => {
    const found = WANTED.flatMap(([names, fits, wanted]) =>
      names.flatMap((name) => {
        const value = variables[name] ?? '';
        return value === '' || fits(value) ? [] : [messages.say('variable-faulty', { name, value, wanted })];
      }),
    );
    const faults = [...found, ...foreignWebHost(variables), ...twice(server, variables)];
    return faults.length > 0 ? faults : [messages.ok('The variables of the .env file fit together.')];
  },
});

function foreignWebHost(variables: Variables): Finding[] {
  const { ITSM_DOMAIN = '', BASE_DOMAIN, ITSM_WEB_HOST } = variables;
  try {
    webHostOf({ ITSM_DOMAIN, BASE_DOMAIN, ITSM_WEB_HOST });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return [
      messages.say('variable-faulty', { name: 'ITSM_WEB_HOST', value: ITSM_WEB_HOST ?? '', wanted: WEB_HOST_RULE }),
    ];
  }
}

/** coturn's ports are what they are, of all addresses of the host, and no variables; with its profile it is part of the server. */
const coturnPlaces = ({ COMPOSE_PROFILES = '' }: Variables): { name: string; address: string; port: number }[] =>
  COMPOSE_PROFILES.split(',').includes('turn')
    ? Object.values(COTURN_PORTS).map((port) => ({ name: 'coturn', address: '', port }))
    : [];

/** Two that publish one port of one address, or of all of them. */
function twice(server: keyof typeof PUBLISHED, variables: Variables): Finding[] {
  const named = Object.entries(PUBLISHED[server]).flatMap(([name, usual]) => {
    const place = published(variables[name] || String(usual));
    return place ? [{ name, ...place }] : [];
  });
  const places = [...named, ...(server === 'xmpp' ? coturnPlaces(variables) : [])];
  return places.flatMap((one, index) =>
    places
      .slice(index + 1)
      .filter(({ port }) => port === one.port)
      .filter(({ address }) => address === '' || one.address === '' || address === one.address)
      .map((other) => messages.say('variables-same-port', { one: one.name, other: other.name, port: one.port })),
  );
}
