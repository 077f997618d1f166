import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type CertifiedFiles, eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HEADER, PING, SIGN_IN } from '../../testing/dialogue';
import { TEST_DOMAIN, TestBroker, type TestOptions } from '../../testing/test-broker';
import type { CredentialPaths } from './credentials';
import { Listener } from './listener';

const DEVICE = '01900000-0000-7000-8000-00000000000a';

let authority: TestAuthority;
let device: CertifiedFiles;
let broker: TestBroker;
const sockets: Socket[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  device = await authority.device(DEVICE, { xmppDomain: TEST_DOMAIN });
});
beforeEach(async () => {
  broker = await TestBroker.start(authority);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

async function restart(options: TestOptions): Promise<void> {
  await broker.stop();
  broker = await TestBroker.start(authority, options);
}

/** A connection that notes what it reads. */
function noting<S extends Socket>(socket: S): S & { seen: string } {
  sockets.push(socket);
  const noted = Object.assign(socket, { seen: '' });
  socket.on('data', (bytes: Buffer) => (noted.seen += bytes.toString()));
  return noted;
}
const plain = () => noting(connectTcp(broker.listener.port, '127.0.0.1').on('error', () => undefined));

async function signedIn(): Promise<TLSSocket & { seen: string }> {
  const socket = noting(broker.connect(device));
  socket.write(SIGN_IN);
  await eventually(() => socket.seen.includes('<jid>'));
  return socket;
}

async function answers(socket: Socket & { seen: string }): Promise<void> {
  socket.seen = '';
  socket.write(PING);
  await eventually(() => socket.seen.includes('id="ping"'));
}

describe('TLS', () => {
  it('speaks 1.2 and 1.3 with ALPN xmpp-client, and nothing older or other', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = noting(broker.connect(device, { minVersion: version, maxVersion: version }));
      await once(socket, 'secureConnect');
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'xmpp-client']);
    }
    const old = broker.connect(device, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    const other = broker.connect(device, { ALPNProtocols: ['h2'] });
    for (const socket of [old, other]) await expect(once(socket, 'secureConnect')).rejects.toThrow();
    expect(broker.refused).toEqual(['tls-handshake', 'tls-handshake']);
  });

  it('lets nobody in on an earlier session: each connection proves the key anew', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      const first = noting(broker.connect(device, options));
      let session: Buffer | undefined;
      first.on('session', (ticket: Buffer) => (session = ticket));
      await once(first, 'secureConnect');
      first.write(SIGN_IN);
      await eventually(() => first.seen.includes('<jid>'));
      const second = noting(broker.connect(undefined, { ...options, session: session ?? first.getSession() }));
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      await eventually(() => second.seen.includes('a client certificate is required'));
    }
  });

  it('takes new certificates and anchors without touching open connections', async () => {
    const open = await signedIn();
    expect(broker.listener.reload()).toBe(false);
    const { certificate } = broker.listening.credentials;
    const before = readFileSync(certificate);

    // Halfway through a renewal: the former certificate goes on.
    writeFileSync(certificate, 'nonsense');
    expect(() => broker.listener.reload()).toThrow();
    writeFileSync(certificate, before);
    expect(broker.listener.reload()).toBe(false);

    const own = await TestAuthority.create();
    const stranger = await own.device(DEVICE, { xmppDomain: TEST_DOMAIN });
    const { chain, key } = await own.server([TEST_DOMAIN]);
    writeFileSync(certificate, [key, chain].join('\n'));
    writeFileSync(`${broker.listening.credentials.anchors[0]}/second.crt`, own.rootPem);
    expect(broker.listener.reload()).toBe(true);

    // Both roots are good now, the server shows its new certificate, and the old connection never noticed.
    for (const credential of [device, stranger]) {
      const socket = noting(broker.connect(credential, { ca: own.rootPem, rejectUnauthorized: true }));
      socket.write(HEADER);
      await eventually(() => socket.seen.includes('EXTERNAL'));
    }
    await answers(open);
  });

  it('refuses to start on what it cannot use', () => {
    const { listening, server } = broker;
    const key = join(authority.dir, 'issuing/servers.key');
    const wrong: Partial<CredentialPaths>[] = [{ certificate: '/nowhere.pem' }, { key }, { anchors: ['/nowhere'] }];
    for (const paths of wrong) {
      const credentials = { ...listening.credentials, ...paths };
      expect(() => new Listener(server, { ...listening, credentials }), JSON.stringify(paths)).toThrow();
    }
  });
});

describe('limits', () => {
  it('on connections from one address and in all hold before the handshake, and give way again', async () => {
    await restart({ connectionsPerAddress: 3, connections: 4 });
    const held = [plain(), plain(), plain()];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await eventually(() => broker.listener.connections === 3);
    await once(plain(), 'close');
    expect(broker.refused).toEqual(['address-limit']);
    held[0]?.destroy();
    await eventually(() => broker.listener.connections === 2);
    await signedIn();
  });

  it('end a handshake that is never finished', async () => {
    await restart({ negotiationSeconds: 0.3 });
    const silent = plain();
    const slow = plain();
    slow.write(Buffer.from('160301', 'hex'));
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
    await eventually(() => broker.listener.connections === 0);
  });

  it('slow a sender down to its rate', async () => {
    await restart({ bytesPerSecond: 20_000, burstBytes: 10_000 });
    const socket = await signedIn();
    const started = Date.now();
    socket.write(PING.repeat(300));
    await eventually(() => socket.seen.match(/id="ping"/g)?.length === 300);
    // 17 kB after the burst; timers are never early.
    expect(Date.now() - started).toBeGreaterThan(200);
  });

  it('cut a peer that does not read', async () => {
    await restart({ outputBytes: 50_000 });
    const socket = await signedIn();
    socket.pause();
    const [session] = broker.server.sessions.of(`${DEVICE}@${TEST_DOMAIN}`);
    await eventually(() => {
      socket.write(PING.repeat(500));
      return session?.ended;
    });
    await eventually(() => broker.server.streams.size === 0);
  });
});

describe('whatever comes in', () => {
  it('at the port, a thousand times at once, without a certificate, leaves the others alone', async () => {
    const canary = await signedIn();
    const crowd = Array.from({ length: 1000 }, (_, index) => {
      if (index % 2) return plain().end('GET / HTTP/1.0\r\n\r\n');
      return noting(connectTls({ host: '127.0.0.1', port: broker.listener.port, rejectUnauthorized: false }));
    });
    for (const socket of crowd) socket.on('error', () => undefined);
    await eventually(() => broker.refused.length === 1000, { within: 25_000 });
    await answers(canary);
    await eventually(() => broker.listener.connections === 1);
    expect(broker.refused.filter((reason) => reason === 'no-certificate')).toHaveLength(500);
  });

  it('half-open connections do not stay', async () => {
    const socket = await signedIn();
    socket.end();
    await eventually(() => broker.server.sessions.count === 0 && broker.listener.connections === 0);
  });
});
