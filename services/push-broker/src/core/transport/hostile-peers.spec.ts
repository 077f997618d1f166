import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@muster/testing';
import { expect, it } from 'vitest';
import { HEADER, PING, SIGN_IN } from '../../testing/dialogue';
import { type Noting, TlsRig } from '../../testing/tls-rig';

const STARTTLS = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
/** Enough to get to a session on a machine that is busy. */
const NEGOTIATION_SECONDS = 2;
const SECONDS = 0.4;

const rig = TlsRig.prepared();
const noting = <S extends Duplex>(socket: S): Noting<S> => rig.noting(socket);
const plain = (port: number | undefined): Noting<Socket> => noting(connectTcp(port ?? 0, '127.0.0.1'));

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
    const broker = await rig.start({ negotiationSeconds: NEGOTIATION_SECONDS });
    const { listener } = broker;
    const secure = noting(broker.connect(rig.device));
    await once(secure, 'secureConnect');
    const web = noting(broker.connect(rig.device, { ALPNProtocols: ['http/1.1'] }));
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

it('half-open TCP and TLS: whoever falls silent after any step is given up', { timeout: 30_000 }, async () => {
  const broker = await rig.start({
    negotiationSeconds: NEGOTIATION_SECONDS,
    afterSeconds: SECONDS,
    timeoutSeconds: SECONDS,
  });
  const { listener } = broker;
  const silent: Duplex[] = [plain(listener.port), plain(listener.starttlsPort), plain(listener.webSocketPort)];
  const proceeding = noting(broker.connectPlain());
  proceeding.write(HEADER + STARTTLS);
  const shaken = noting(broker.connect(rig.device));
  const greeted = noting(broker.connect(rig.device));
  greeted.write(HEADER);
  // This one had a session when its network went away without a word: it reads nothing and says nothing any more.
  const bound = noting(broker.connect(rig.device));
  bound.write(SIGN_IN);
  await eventually(() => bound.seen.includes('<jid>'));
  bound.pause();
  await Promise.all([...silent, proceeding, shaken, greeted].map((socket) => once(socket, 'close')));
  await eventually(() => broker.server.sessions.count === 0 && listener.connections === 0);
});

it('a peer that ends its half is answered and forgotten, before and after STARTTLS', async () => {
  const broker = await rig.start();
  for (const says of ['', HEADER, HEADER + STARTTLS]) {
    const socket = noting(broker.connectPlain());
    socket.end(says);
    await once(socket, 'close');
  }
  await eventually(() => broker.listener.connections === 0);
});

it('a crowd waits for its turn and comes through; who is connected notices nothing', { timeout: 30_000 }, async () => {
  // So few a second that the crowd comes faster on any machine; and none of it gets to a session: with little time for that,
  // the first ones would be put out before the last ones come through.
  const broker = await rig.start({
    accepts: { perSecond: 10, atOnce: 0, countsMs: 250 },
    negotiationSeconds: 120,
  });
  const canary = noting(broker.connect(rig.device));
  canary.write(SIGN_IN);
  await eventually(() => canary.seen.includes('<jid>'));
  const started = performance.now();
  const crowd = Array.from({ length: 20 }, () => noting(broker.connect(rig.device)));
  for (const socket of crowd) socket.write(HEADER);
  await eventually(() => broker.listener.waiting > 0);
  canary.seen = '';
  canary.write(PING);
  await eventually(() => canary.seen.includes('id="ping"'));
  await eventually(() => crowd.every(({ seen }) => seen.includes('<stream:features')), { within: 20_000 });
  // One or two at once, the others at ten a second.
  expect(performance.now() - started).toBeGreaterThan(1500);
  expect(broker.refused).toEqual([]);
});
