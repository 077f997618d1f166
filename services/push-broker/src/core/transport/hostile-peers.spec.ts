import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type CertifiedFiles, eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { HEADER, PING, SIGN_IN } from '../../testing/dialogue';
import { TEST_DOMAIN, TestBroker, type TestOptions } from '../../testing/test-broker';

const DEVICE = '01900000-0000-7000-8000-00000000000a';
const STARTTLS = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
const SECONDS = 0.4;

let authority: TestAuthority;
let device: CertifiedFiles;
let broker: TestBroker;
const sockets: Duplex[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  device = await authority.device(DEVICE, { xmppDomain: TEST_DOMAIN });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

const start = async (options: TestOptions): Promise<void> => {
  broker = await TestBroker.start(authority, options);
};

function noting<S extends Duplex>(socket: S): S & { seen: string } {
  sockets.push(socket);
  const noted = Object.assign(socket, { seen: '' });
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => (noted.seen += bytes.toString()));
  return noted;
}
const plain = (port: number | undefined): Socket & { seen: string } =>
  noting(connectTcp(port ?? 0, '127.0.0.1').on('error', () => undefined));

/** Sends a byte now and then for as long as anybody listens. */
async function trickle(socket: Duplex, bytes: string): Promise<void> {
  let gone = false;
  socket.on('error', () => undefined).once('close', () => (gone = true));
  for (let at = 0; !gone; at++) {
    socket.write(bytes[at % bytes.length] ?? ' ');
    await pause(20);
  }
}

it(
  'slowloris: a byte now and then earns no more time, in any state before a session',
  { timeout: 30_000 },
  async () => {
    await start({ negotiationSeconds: SECONDS });
    const { listener } = broker;
    const secure = noting(broker.connect(device));
    await once(secure, 'secureConnect');
    const web = noting(broker.connect(device, { ALPNProtocols: ['http/1.1'] }));
    await once(web, 'secureConnect');
    const proceeding = noting(broker.connectPlain());
    proceeding.write(HEADER + STARTTLS);
    await eventually(() => proceeding.seen.includes('<proceed'));
    await Promise.all([
      // In the handshake: a TLS record that never ends.
      trickle(plain(listener.port), `\x16\x03\x01\x40\x00${'\x01'.repeat(16_000)}`),
      trickle(proceeding, `\x16\x03\x01\x40\x00${'\x01'.repeat(16_000)}`),
      // In the stream header, with spaces between elements, and in the request for a WebSocket.
      trickle(plain(listener.starttlsPort), `<stream:stream ${'x'.repeat(16_000)}`),
      trickle(secure, ' '),
      trickle(web, `GET /xmpp-websocket HTTP/1.1\r\n${'x-y: z\r\n'.repeat(2000)}`),
    ]);
    await eventually(() => listener.connections === 0 && broker.server.streams.size === 0);
  },
);

it('half-open TCP and TLS: whoever falls silent after any step is given up', async () => {
  await start({ negotiationSeconds: SECONDS, afterSeconds: SECONDS, timeoutSeconds: SECONDS });
  const { listener } = broker;
  const silent: Duplex[] = [plain(listener.port), plain(listener.starttlsPort), plain(listener.webSocketPort)];
  const proceeding = noting(broker.connectPlain());
  proceeding.write(HEADER + STARTTLS);
  const shaken = noting(broker.connect(device));
  const greeted = noting(broker.connect(device));
  greeted.write(HEADER);
  // This one had a session when its network went away without a word: it reads nothing and says nothing any more.
  const bound = noting(broker.connect(device));
  bound.write(SIGN_IN);
  await eventually(() => bound.seen.includes('<jid>'));
  bound.pause();
  await Promise.all([...silent, proceeding, shaken, greeted].map((socket) => once(socket, 'close')));
  await eventually(() => broker.server.sessions.count === 0 && listener.connections === 0);
});

it('a peer that ends its half is answered and forgotten, before and after STARTTLS', async () => {
  await start({});
  for (const says of ['', HEADER, HEADER + STARTTLS]) {
    const socket = noting(broker.connectPlain());
    socket.end(says);
    await once(socket, 'close');
  }
  await eventually(() => broker.listener.connections === 0);
});

it('a crowd waits for its turn and comes through; who is connected notices nothing', { timeout: 30_000 }, async () => {
  await start({ acceptsPerSecond: 100, negotiationSeconds: 5 });
  const canary = noting(broker.connect(device));
  canary.write(SIGN_IN);
  await eventually(() => canary.seen.includes('<jid>'));
  const started = performance.now();
  const crowd = Array.from({ length: 60 }, () => noting(broker.connect(device)));
  for (const socket of crowd) socket.write(HEADER);
  await eventually(() => broker.listener.waiting > 0);
  canary.seen = '';
  canary.write(PING);
  await eventually(() => canary.seen.includes('id="ping"'));
  await eventually(() => crowd.every(({ seen }) => seen.includes('<stream:features')), { within: 20_000 });
  // Five at once, the others at a hundred a second; timers are never early.
  expect(performance.now() - started).toBeGreaterThan(500);
  expect(broker.refused).toEqual([]);
});
