import { allRequests, type ServiceName } from '@muster/contracts';
import { PRESENCE_BYTES } from '../streams';
import { MAX_BODY_BYTES } from '../wire/encode';
import { backupPermissions, leafPermissions, type Permissions, servicePermissions } from './permissions';

export interface Endpoint {
  host: string;
  port: number;
}

interface ServerSettings {
  /** Name of this server, unique among those that are linked. */
  serverName: string;
  /** Where services connect. Loopback or a private network: the link is not encrypted. */
  listen: Endpoint;
  /** Password of each service that connects here: plain, or a bcrypt hash (`nats server passwd`). */
  passwords: Partial<Record<ServiceName, string>>;
  /** The user of the SYS account, for administrators. */
  system: { user: string; password: string };
  /** Password of the user `backup`, who may take snapshots of all streams and put them back; without one there is none. */
  backupPassword?: string;
  jetStream: {
    storeDir: string;
    /** Bytes. */
    maxFileBytes: number;
    /** Bytes. */
    maxMemoryBytes: number;
  };
  /** Monitoring over HTTP (`/healthz`, `/varz`), without sign-in: loopback only. */
  monitor?: Endpoint;
}

export interface HubSettings extends ServerSettings {
  role: 'hub';
  /** Where leaf nodes connect by WebSocket (path `/leafnode`), without TLS: the edge terminates it. */
  leafListen?: Endpoint;
  /** Credentials of the leaf node and the services behind it, whose contracts make its list of subjects. */
  leaf?: { user: string; password: string; services: readonly ServiceName[] };
}

export interface LeafSettings extends ServerSettings {
  role: 'leaf';
  hub: {
    /** `ws://host:port` or `wss://host`; the path `/leafnode` is added by the server. */
    url: string;
    /** IP addresses of that host, tried beside its name: the link then needs no DNS. The certificate must still have the name. */
    addresses?: readonly string[];
    user: string;
    password: string;
    /** PEM file with what to trust when the hub is behind `wss`. */
    caFile?: string;
  };
}

/** Twice a body's limit: a dead letter carries headers beside the largest one. */
const MAX_PAYLOAD_BYTES = 2 * MAX_BODY_BYTES;

/**
 * A connection that says nothing for half a minute is gone. With nats-server's own two minutes between pings a leaf node would
 * hold on for six to a link that a pulled cable or a firewall without its state has broken, and devices could not be woken. The
 * hub of versions before 2.10 holds on nevertheless, since what it sends puts its pings off; it gives way to the leaf that dials.
 */
const PINGS = ['ping_interval: "10s"', 'ping_max: 2'];

/** Names of the JetStream domains: a leaf node keeps streams of its own while the link is cut. */
export const JETSTREAM_DOMAINS = { hub: 'hub', leaf: 'xmpp' } as const;

/** The whole configuration text of one nats-server (2.9 or later); what each user may do follows from the contracts. */
export function natsServerConfig(settings: HubSettings | LeafSettings): string {
  if (settings.role === 'hub' && settings.jetStream.maxMemoryBytes < PRESENCE_BYTES)
    throw new Error(`the hub needs ${PRESENCE_BYTES} bytes of memory for JetStream`);
  return [
    `server_name: ${quoted(settings.serverName)}`,
    `listen: ${quoted(address(settings.listen))}`,
    ...(settings.monitor ? [`http: ${quoted(address(settings.monitor))}`] : []),
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    'write_deadline: "10s"',
    ...PINGS,
    ...jetStream(settings),
    ...accounts(settings),
    ...(settings.role === 'hub' ? websocket(settings) : remote(settings)),
    '',
  ].join('\n');
}

const jetStream = ({ role, jetStream: { storeDir, maxFileBytes, maxMemoryBytes } }: HubSettings | LeafSettings) => [
  'jetstream {',
  `  store_dir: ${quoted(storeDir)}`,
  `  max_file_store: ${maxFileBytes}`,
  `  max_memory_store: ${maxMemoryBytes}`,
  `  domain: ${JETSTREAM_DOMAINS[role]}`,
  '}',
];

function accounts(settings: HubSettings | LeafSettings): string[] {
  const users = (Object.entries(settings.passwords) as [ServiceName, string][]).map(([service, password]) =>
    user(service, password, 'STANDARD', servicePermissions(service), true),
  );
  if (settings.backupPassword) {
    users.push(user('backup', settings.backupPassword, 'STANDARD', backupPermissions(), false));
  }
  if (settings.role === 'hub' && settings.leaf) {
    const { user: name, password, services } = settings.leaf;
    users.push(user(name, password, 'LEAFNODE_WS', leafPermissions(services), false));
  }
  const { system } = settings;
  return [
    'accounts {',
    '  SYS {',
    `    users: [{ user: ${quoted(system.user)}, password: ${quoted(system.password)} }]`,
    '  }',
    '  MUSTER {',
    '    jetstream: enabled',
    '    users: [',
    ...users.flat(),
    '    ]',
    '  }',
    '}',
    'system_account: SYS',
  ];
}

/**
 * Seconds in which a service may answer a request: what contracts give it and one more. nats-server remembers each message
 * with a reply subject that it delivered for so long, those of JetStream too, and beyond 4,096 of them looks through all at
 * each delivery: with minutes here a busy consumer takes most of its time.
 */
const ANSWER_SECONDS = Math.ceil(Math.max(...allRequests().map(({ timeoutMs }) => timeoutMs)) / 1000) + 1;

/** `replies`: may answer once where a request that it received says so. */
const user = (name: string, password: string, link: string, allowed: Permissions, replies: boolean): string[] => [
  '      {',
  `        user: ${quoted(name)}`,
  `        password: ${quoted(password)}`,
  `        allowed_connection_types: [${link}]`,
  '        permissions {',
  `          publish { allow: ${list(allowed.publish)} }`,
  `          subscribe { allow: ${list(allowed.subscribe)} }`,
  ...(replies ? [`          allow_responses { max: 1, expires: "${ANSWER_SECONDS}s" }`] : []),
  '        }',
  '      }',
];

/**
 * nats-server takes leaf nodes on its WebSocket only where it also has a plain listener for them: one on loopback, on a
 * port of the system's choice, that wants the same credentials.
 */
const websocket = ({ leafListen }: HubSettings): string[] =>
  leafListen
    ? [
        'leafnodes { listen: "127.0.0.1:-1" }',
        'websocket {',
        `  listen: ${quoted(address(leafListen))}`,
        '  no_tls: true',
        '}',
      ]
    : [];

function remote({ hub }: LeafSettings): string[] {
  return [
    'leafnodes {',
    '  reconnect: 1',
    '  remotes: [',
    '    {',
    `      urls: [${hubUrls(hub).map(quoted).join(', ')}]`,
    '      account: MUSTER',
    ...(hub.caFile ? [`      tls { ca_file: ${quoted(hub.caFile)} }`] : []),
    '    }',
    '  ]',
    '}',
  ];
}

/** The name first: nats-server checks the certificate of bare addresses against the name that it read before them. */
function hubUrls({ url, addresses = [], user, password }: LeafSettings['hub']): string[] {
  const { protocol, hostname, port } = new URL(url);
  const hosts = [hostname, ...addresses.map((host) => (host.includes(':') ? `[${host}]` : host))];
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  // nats-server's own default is 7422 for WebSockets too.
  const usual = protocol === 'wss:' ? '443' : '80';
  return [...new Set(hosts)].map((host) => `${protocol}//${credentials}@${host}:${port || usual}`);
}

const address = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const list = (subjects: string[]): string =>
  `[\n${subjects.map((subject) => `            ${quoted(subject)}`).join('\n')}\n          ]`;

/** A text of nats-server's configuration language; `$` within double quotes is not a variable. */
function quoted(value: string): string {
  if (/[\p{Cc}]/u.test(value)) throw new Error('nats-server configuration cannot hold control characters');
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
