import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { eventually, TestAuthority } from '@muster/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { HEADER, PING, SIGN_IN } from '../../testing/dialogue';
import { TEST_DOMAIN } from '../../testing/test-broker';
import { type Noting, RIG_DEVICE, TlsRig } from '../../testing/tls-rig';
import type { CredentialPaths } from './credentials';
import { Listener } from './listener';

const rig = TlsRig.prepared();
beforeEach(async () => {
  await rig.start();
});
const plain = (): Noting<Socket> => rig.noting(connectTcp(rig.broker.listener.port, '127.0.0.1'));

async function signedIn(): Promise<Noting<TLSSocket>> {
  const socket = rig.noting(rig.broker.connect(rig.device));
  socket.write(SIGN_IN);
  await eventually(() => socket.seen.includes('<jid>'));
  return socket;
}

async function answers(socket: Noting<Socket>): Promise<void> {
  socket.seen = '';
  socket.write(PING);
  await eventually(() => socket.seen.includes('id="ping"'));
}

describe('TLS', () => {
  it('speaks 1.2 and 1.3 with ALPN xmpp-client, and nothing older or other', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = rig.noting(rig.broker.connect(rig.device, { minVersion: version, maxVersion: version }));
      await once(socket, 'secureConnect');
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'xmpp-client']);
    }
    const old = rig.broker.connect(rig.device, {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const other = rig.broker.connect(rig.device, { ALPNProtocols: ['h2'] });
    for (const socket of [old, other]) await expect(once(socket, 'secureConnect')).rejects.toThrow();
    expect(rig.broker.refused).toEqual(['tls-handshake', 'tls-handshake']);
  });

  it('lets nobody in on an earlier session: each connection proves the key anew', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      const first = rig.noting(rig.broker.connect(rig.device, options));
      let session: Buffer | undefined;
      first.on('session', (ticket: Buffer) => (session = ticket));
      await once(first, 'secureConnect');
      first.write(SIGN_IN);
      await eventually(() => first.seen.includes('<jid>'));
      const second = rig.noting(rig.broker.connect(undefined, { ...options, session: session ?? first.getSession() }));
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      await eventually(() => second.seen.includes('a client certificate is required'));
    }
  });

  it('takes new certificates and anchors without touching open connections', async () => {
    const open = await signedIn();
    expect(rig.broker.listener.reload()).toBe(false);
    const { certificate } = rig.broker.listening.credentials;
    const before = readFileSync(certificate);

    // Halfway through a renewal: the former certificate goes on.
    writeFileSync(certificate, 'nonsense');
    expect(() => rig.broker.listener.reload()).toThrow();
    writeFileSync(certificate, before);
    expect(rig.broker.listener.reload()).toBe(false);

    const own = await TestAuthority.create();
    const stranger = await own.device(RIG_DEVICE, { xmppDomain: TEST_DOMAIN });
    const { chain, key } = await own.server([TEST_DOMAIN]);
    writeFileSync(certificate, [key, chain].join('\n'));
    writeFileSync(`${rig.broker.listening.credentials.anchors[0]}/second.crt`, own.rootPem);
    expect(rig.broker.listener.reload()).toBe(true);

    // Both roots are good now, the server shows its new certificate, and the old connection never noticed.
    for (const credential of [rig.device, stranger]) {
      const socket = rig.noting(rig.broker.connect(credential, { ca: own.rootPem, rejectUnauthorized: true }));
      socket.write(HEADER);
      await eventually(() => socket.seen.includes('EXTERNAL'));
    }
    await answers(open);
  });

  it('refuses to start on what it cannot use', () => {
    const { listening, server } = rig.broker;
    const key = join(rig.authority.dir, 'issuing/servers.key');
    const wrong: Partial<CredentialPaths>[] = [{ certificate: '/nowhere.pem' }, { key }, { anchors: ['/nowhere'] }];
    for (const paths of wrong) {
      const credentials = { ...listening.credentials, ...paths };
      expect(() => new Listener(server, { ...listening, credentials }), JSON.stringify(paths)).toThrow();
    }
  });
});

describe('limits', () => {
  it('on connections from one address and in all hold before the handshake, and give way again', async () => {
    await rig.restart({ connectionsPerAddress: 3, connections: 4 });
    const held = [plain(), plain(), plain()];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await eventually(() => rig.broker.listener.connections === 3);
    await once(plain(), 'close');
    expect(rig.broker.refused).toEqual(['address-limit']);
    held[0]?.destroy();
    await eventually(() => rig.broker.listener.connections === 2);
    await signedIn();
  });

  it('end a handshake that is never finished', async () => {
    await rig.restart({ negotiationSeconds: 0.3 });
    const silent = plain();
    const slow = plain();
    slow.write(Buffer.from('160301', 'hex'));
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
    await eventually(() => rig.broker.listener.connections === 0);
  });

  it('slow a sender down to its rate', async () => {
    await rig.restart({ bytesPerSecond: 20_000, burstBytes: 10_000 });
    const socket = await signedIn();
    const started = Date.now();
    socket.write(PING.repeat(300));
    await eventually(() => socket.seen.match(/id="ping"/g)?.length === 300);
    // 17 kB after the burst; timers are never early.
    expect(Date.now() - started).toBeGreaterThan(200);
  });

  it('cut a peer that does not read', async () => {
    await rig.restart({ outputBytes: 50_000 });
    const socket = await signedIn();
    socket.pause();
    const [session] = rig.broker.server.sessions.of(`${RIG_DEVICE}@${TEST_DOMAIN}`);
    await eventually(() => {
      socket.write(PING.repeat(500));
      return session?.ended;
    });
    await eventually(() => rig.broker.server.streams.size === 0);
  });
});

describe('whatever comes in', () => {
  it(
    'at the port, a thousand times at once, without a certificate, leaves the others alone',
    { timeout: 90_000 },
    async () => {
      const canary = await signedIn();
      const crowd = Array.from({ length: 1000 }, (_, index) => {
        if (index % 2) return plain().end('GET / HTTP/1.0\r\n\r\n');
        return rig.noting(connectTls({ host: '127.0.0.1', port: rig.broker.listener.port, rejectUnauthorized: false }));
      });
      for (const socket of crowd) socket.on('error', () => undefined);
      await eventually(() => rig.broker.refused.length === 1000, { within: 40_000 });
      await answers(canary);
      await eventually(() => rig.broker.listener.connections === 1, { within: 25_000 });
      expect(rig.broker.refused.filter((reason) => reason === 'no-certificate')).toHaveLength(500);
    },
  );

  it('half-open connections do not stay', async () => {
    const socket = await signedIn();
    socket.end();
    await eventually(() => rig.broker.server.sessions.count === 0 && rig.broker.listener.connections === 0);
  });
});
