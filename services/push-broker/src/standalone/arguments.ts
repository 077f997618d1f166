import { parseArgs } from 'node:util';

export interface StandaloneArguments {
  domain: string;
  host: string;
  /** Ports of direct TLS, STARTTLS, WebSockets and pushes; 0 takes a free one. */
  ports: { port: number; starttlsPort: number; webSocketPort: number; pushPort: number };
  /** File of accounts. */
  users: string;
  /** PEM of the server's certificate, chain and key; a self-made one when absent. */
  certificate?: string;
  /** PEM bundle or folder with what device certificates are checked against; the self-made authority when absent. */
  anchors?: string;
  /** Keys of the push service: its JSON file, or `name:key` lines; a self-made key when absent. */
  pushKeys?: string;
  /** Every account may reach every other one, devices too. */
  open: boolean;
}

export const USAGE = `usage: npm run -s broker -- --users FILE [options]
One push broker alone, for interoperation and load tests, with a nats-server of its own.
  --users FILE           accounts, a line each: name:password
  --port P               direct TLS (0: a free port)
  --starttls-port P      STARTTLS (0: a free port)
  --websocket-port P     WebSockets (0: a free port)
  --push-port P          push service over HTTPS (0: a free port)
  --host ADDRESS         where to listen (127.0.0.1)
  --domain D             domain of all addresses (xmpp.muster.test)
  --certificates DIR     folder with <domain>.pem, and roots/ for device certificates if it has one
  --certificate FILE     PEM with certificate, chain and key instead
  --push-keys FILE       JSON file of keys for the push service, or name:key lines
  --policy open|tickets  open: everybody may reach everybody; tickets: as in the suite, where tools may reach
                         each other and a device only with a ticket (the default)
Environment: what docs/configuration/push-broker.md names, such as LOG_LEVEL or XMPP_PING_AFTER_SECONDS.
When the ports are open one line of JSON says so; SIGTERM ends everything in order.`;

/** @throws Error with one sentence when the arguments make no sense */
export function readArguments(args: readonly string[]): StandaloneArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: text,
      port: text,
      'starttls-port': text,
      'websocket-port': text,
      'push-port': text,
      host: { ...text, default: '127.0.0.1' },
      domain: { ...text, default: 'xmpp.muster.test' },
      certificates: text,
      certificate: text,
      'push-keys': text,
      policy: { ...text, default: 'tickets' },
    },
  });
  const { users, host, certificates, policy } = values;
  const domain = values.domain.toLowerCase();
  if (users === undefined) throw new Error('--users is missing');
  if (policy !== 'open' && policy !== 'tickets') throw new Error('--policy is open or tickets');
  const certificate = values.certificate ?? (certificates === undefined ? undefined : `${certificates}/${domain}.pem`);
  return {
    domain,
    host,
    users,
    open: policy === 'open',
    ports: {
      port: portOf(values.port),
      starttlsPort: portOf(values['starttls-port']),
      webSocketPort: portOf(values['websocket-port']),
      pushPort: portOf(values['push-port']),
    },
    ...(certificate === undefined ? {} : { certificate }),
    ...(certificates === undefined ? {} : { anchors: `${certificates}/roots` }),
    ...(values['push-keys'] === undefined ? {} : { pushKeys: values['push-keys'] }),
  };
}

function portOf(text = '0'): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${text} is not a port`);
  return port;
}
