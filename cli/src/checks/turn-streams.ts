import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Check, defineMessages, fault, type Finding } from './finding';
import { readStun, STUN, stunRequest } from './stun';
import { reasonOf } from './xmpp';

const messages = defineMessages(
  'turn-streams',
  'The TURN server of this host also answers over TCP and over TLS, for networks that let no UDP out.',
  {
    'turn-stream-unreachable': fault(
      'The TURN server at {address} does not answer over {transport}: {reason}.',
      'See "muster logs coturn"; over TLS it needs a certificate and key that it can read.',
    ),
    'turn-stream-not-stun': fault(
      'At {address} something answers over {transport} that is no TURN server.',
      'See which program has port {port}: "ss -lntp | grep :{port}".',
    ),
  },
);

export interface TurnStream {
  host: string;
  port: number;
  transport: 'TCP' | 'TLS';
}

const TIMEOUT_MS = 5_000;

/** A binding request over each, as over UDP (RFC 8489, section 6.2.2). */
export const turnStreamsCheck = (streams: readonly TurnStream[]): Check => ({
  name: 'turn-streams',
  run: () => Promise.all(streams.map(look)),
});

async function look(stream: TurnStream): Promise<Finding> {
  const { host, port, transport } = stream;
  const address = `${host}:${port}`;
  const request = stunRequest(STUN.binding);
  try {
    const reply = readStun(await firstOf(stream, request));
    const fits = reply?.type === STUN.binding + STUN.success && reply.transaction.equals(request.subarray(8, 20));
    if (!fits) return messages.say('turn-stream-not-stun', { address, transport, port });
    return messages.ok(`The TURN server at ${address} answers over ${transport}.`);
  } catch (error) {
    return messages.say('turn-stream-unreachable', { address, transport, reason: reasonOf(error) });
  }
}

/** The first message that comes back. @throws Error of the network, or of TLS */
function firstOf({ host, port, transport }: TurnStream, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Which certificate it shows is another check's to say.
    const options = { host, port };
    const socket: Socket =
      transport === 'TLS' ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
    const end = (act: () => void): void => {
      act();
      socket.destroy();
    };
    let got = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => end(() => reject(new Error('no answer within 5 seconds'))));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('close', () => (got.length > 0 ? resolve(got) : reject(new Error('it closed the connection'))));
    socket.on('data', (piece: Buffer) => {
      got = Buffer.concat([got, piece]);
      const whole = got.length >= 4 ? 20 + got.readUInt16BE(2) : Infinity;
      if (got.length >= whole || got.length > 2_000) end(() => resolve(got.subarray(0, whole)));
    });
    socket.once(transport === 'TLS' ? 'secureConnect' : 'connect', () => socket.write(request));
  });
}
