import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type Check, defineMessages, fault, warning } from './finding';

const messages = defineMessages(
  'xmpp',
  'The XMPP server takes connections as devices make them: direct TLS, then a stream.',
  {
    'xmpp-unreachable': fault(
      'The XMPP server cannot be reached at {address}: {reason}.',
      'Open port {port} (TCP) to it in every firewall between, and see that "push-broker" runs there.',
    ),
    'xmpp-out-of-sight': warning(
      'This server does not reach the XMPP server at {address}: {reason}. Devices may reach it all the same.',
      'Nothing, where a firewall lets only devices to it, as it may. Run "muster doctor" on the XMPP server, and see port {port} (TCP) from where a device is.',
    ),
    'xmpp-untrusted': fault(
      'Devices do not trust the XMPP server at {address}: {reason}.',
      'Give it a certificate for {domain} under a CA that devices know: join it again with a new token; or name its CA with "muster cert trust add FILE" on the ITSM server.',
    ),
    'xmpp-silent': fault(
      'At {address} something answers that is no XMPP server: {reason}.',
      'Another program or a proxy answers on port {port}; see what listens there.',
    ),
  },
);

const TIMEOUT_MS = 5_000;

export interface XmppPlace {
  host: string;
  port: number;
  domain: string;
  /** PEM of the roots that devices accept servers under. */
  roots: readonly string[];
}

/** How the XMPP server is seen by one that needs no way to it: devices need one, and firewalls may be closed to the rest. */
export interface FromElsewhere {
  /** How many devices are connected to it at this moment. */
  connected: () => Promise<number>;
}

/** Where `elsewhere` is given, that no connection comes about is no fault; what an established one shows still is. */
export const xmppCheck = (place: XmppPlace, elsewhere?: FromElsewhere): Check => ({
  name: 'xmpp',
  run: async () => {
    const { host, port, domain, roots } = place;
    const address = `${host}:${port}`;
    let socket: TLSSocket;
    try {
      socket = await open(place);
    } catch (error) {
      const other = /NO_APPLICATION_PROTOCOL|WRONG_VERSION|EPROTO/.test(String((error as NodeJS.ErrnoException).code));
      if (other) return [messages.say('xmpp-silent', { address, port, reason: 'it speaks another protocol' })];
      const reason = reasonOf(error);
      if (!elsewhere || (error as { established?: boolean }).established)
        return [messages.say('xmpp-unreachable', { address, port, reason })];
      const connected = await elsewhere.connected().catch(() => 0);
      if (connected === 0) return [messages.say('xmpp-out-of-sight', { address, port, reason })];
      const are = connected === 1 ? 'device is' : 'devices are';
      return [
        messages.ok(`${connected} ${are} connected to the XMPP server; this server does not reach it, nor need it.`),
      ];
    }
    try {
      // Node.js verifies against the roots given here alone.
      if (roots.length > 0 && !socket.authorized)
        return [messages.say('xmpp-untrusted', { address, domain, reason: String(socket.authorizationError) })];
      await greeted(socket, domain);
      return [messages.ok(`The XMPP server at ${address} answers for ${domain}.`)];
    } catch (error) {
      return [messages.say('xmpp-silent', { address, port, reason: reasonOf(error) })];
    } finally {
      socket.destroy();
    }
  },
});

function open({ host, port, domain, roots }: XmppPlace): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host, port, rejectUnauthorized: false },
      ...(isIP(domain) ? {} : { servername: domain }),
      ALPNProtocols: ['xmpp-client'], // XEP-0368
      ...(roots.length > 0 ? { ca: [...roots] } : {}),
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer within 5 seconds')));
    let established = false;
    socket.once('connect', () => (established = true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Who is not let in is refused: only what was open is reset, however soon.
      reject(Object.assign(error, { established: established || error.code === 'ECONNRESET' }));
    });
    socket.once('secureConnect', () => resolve(socket));
  });
}

/** Opens a stream (RFC 6120, section 4.2) and waits for the server's. */
function greeted(socket: TLSSocket, domain: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('close', () =>
      reject(new Error(text === '' ? 'it closed the connection' : `it said "${text.slice(0, 60)}"`)),
    );
    socket.on('data', (data: Buffer) => {
      text += data.toString();
      if (/<stream:stream[\s>]/.test(text)) resolve();
      else if (text.length > 2_000) reject(new Error(`it said "${text.slice(0, 60)}"`));
    });
    socket.write(
      `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  });
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ECONNREFUSED: 'the connection is refused',
    ECONNRESET: 'the connection is cut at once',
    ETIMEDOUT: 'no answer',
    EHOSTUNREACH: 'there is no way to that address',
    ENETUNREACH: 'there is no way to that network',
    ENOTFOUND: 'its name does not resolve',
    EAI_AGAIN: 'its name does not resolve',
  };
  return (code && known[code]) ?? message;
}
