import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Check, defineMessages, fault, warning } from './finding';

const messages = defineMessages('turn', 'Each TURN server answers a STUN binding request.', {
  'turn-unreachable': fault(
    'The TURN server at {address} does not answer.',
    'Open port {port} (UDP) to it in every firewall between, and see that "coturn" runs (COMPOSE_PROFILES=turn).',
  ),
  'turn-out-of-sight': warning(
    'The TURN server at {address} does not answer this server. Devices may reach it all the same.',
    'Nothing, where a firewall lets only devices and browsers to it, as it may. Where it is part of the XMPP server, "muster doctor" there asks it; see port {port} (UDP) from where a browser is.',
  ),
  'turn-not-stun': fault(
    'At {address} something answers that is no TURN server.',
    'See which program has port {port}.',
  ),
});

const COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;

export interface TurnPlace {
  host: string;
  port: number;
}

/** The UDP servers of a list of `turn:` URIs (RFC 7065), each once. */
export function turnPlaces(uris: string): TurnPlace[] {
  const found = uris.split(',').flatMap((uri) => {
    const match = /^\s*(?:turn|stun):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(\w+))?\s*$/.exec(uri);
    if (!match || (match[3] ?? 'udp') !== 'udp') return [];
    return [{ host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[2] ?? 3478) }];
  });
  return found.filter(
    (one, index) => found.findIndex(({ host, port }) => host === one.host && port === one.port) === index,
  );
}

/**
 * Sends the request as often as datagrams get lost (RFC 8489, section 6.2.1, in short). Of a server elsewhere, to which
 * firewalls need not let this one, silence is no fault.
 */
export const turnCheck = ({ host, port }: TurnPlace, { tries = 4, everyMs = 500, elsewhere = false } = {}): Check => ({
  name: 'turn',
  run: async () => {
    const address = `${host}:${port}`;
    const transaction = randomBytes(12);
    const header = Buffer.alloc(8);
    header.writeUInt16BE(BINDING_REQUEST, 0);
    header.writeUInt32BE(COOKIE, 4);
    const reply = await exchange(host, port, Buffer.concat([header, transaction]), { tries, everyMs });
    if (!reply) return [messages.say(elsewhere ? 'turn-out-of-sight' : 'turn-unreachable', { address, port })];
    const fits =
      reply.length >= 20 && reply.readUInt16BE(0) === BINDING_SUCCESS && reply.subarray(8, 20).equals(transaction);
    return [
      fits ? messages.ok(`The TURN server at ${address} answers.`) : messages.say('turn-not-stun', { address, port }),
    ];
  },
});

function exchange(
  host: string,
  port: number,
  message: Buffer,
  { tries, everyMs }: { tries: number; everyMs: number },
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let sent = 0;
    const end = (reply?: Buffer): void => {
      clearInterval(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve(reply);
    };
    const send = (): void => {
      if (sent === tries) return end();
      sent += 1;
      socket.send(message, port, host, () => undefined);
    };
    const timer = setInterval(send, everyMs);
    socket.once('message', end);
    socket.on('error', () => undefined); // a port that is closed says so, and may be open for the next datagram
    send();
  });
}
