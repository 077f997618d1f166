import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { type CertifiedFiles, eventually, TestAuthority } from '@muster/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Peer } from '../peer';
import { HEADER, SIGN_IN } from '../../testing/dialogue';
import { TEST_DOMAIN } from '../../testing/test-broker';
import { RIG_DEVICE, TlsRig } from '../../testing/tls-rig';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const rig = TlsRig.prepared();

interface Visit {
  seen: string;
  reused: boolean;
  /** To come back with. */
  session: Buffer | undefined;
  peer: Peer | undefined;
}

/** Connects, says something, and notes all that the server answers until `expected` is among it. */
async function visit(
  credential: CertifiedFiles | undefined,
  options: ConnectionOptions,
  expected: string | RegExp,
  says = SIGN_IN,
): Promise<Visit> {
  const { broker } = rig;
  const accepted = vi.spyOn(broker.server, 'accept');
  const socket = rig.keep(broker.connect(credential, options));
  const visited: Visit = { seen: '', reused: false, session: undefined, peer: undefined };
  socket.on('data', (bytes: Buffer) => (visited.seen += bytes.toString()));
  socket.on('session', (session: Buffer) => (visited.session = session));
  await once(socket, 'secureConnect');
  visited.reused = socket.isSessionReused();
  socket.write(says);
  await eventually(() => visited.seen.search(expected) >= 0);
  visited.peer = accepted.mock.calls.at(-1)?.[1];
  visited.session ??= socket.getSession();
  socket.destroy();
  await eventually(() => broker.listener.connections === 0);
  return visited;
}

describe.each(VERSIONS)('a resumed session of %s', (version) => {
  const range = { minVersion: version, maxVersion: version };
  const start = async (resumptionSeconds = 600): Promise<void> => {
    await rig.start({ resumptionSeconds, resumeSeconds: 0.01 });
  };

  it('brings the certificate that was proved in the first one, to the account and to channel bindings', async () => {
    await start();
    const first = await visit(rig.device, range, '<jid>');
    expect(first.peer?.tls).toMatchObject({ version, resumed: false, bindable: version === 'TLSv1.3' });
    // Without the certificate and the key: the ticket is all it has.
    const second = await visit(undefined, { ...range, session: first.session }, '<jid>');
    expect(second.reused).toBe(true);
    expect(second.peer).toMatchObject({ certificate: first.peer?.certificate, tls: { resumed: true } });
    expect(second.seen).toContain(RIG_DEVICE);
  });

  it('is nobody when there was no certificate: `authorized` of Node.js says otherwise', async () => {
    await start();
    rig.broker.server.certificateOnly = false;
    const first = await visit(undefined, range, '<stream:', HEADER);
    const second = await visit(undefined, { ...range, session: first.session }, /<stream:error|<failure/);
    expect(second.reused).toBe(true);
    expect(second.peer?.certificate).toBeUndefined();
    expect(second.seen).not.toContain('EXTERNAL');
    expect(second.seen).not.toContain('<success');
  });

  it('is nobody when the certificate was of another authority', async () => {
    await start();
    const stranger = await (await TestAuthority.create()).device(RIG_DEVICE, { xmppDomain: TEST_DOMAIN });
    const first = await visit(stranger, range, 'not issued by this suite', HEADER);
    const second = await visit(stranger, { ...range, session: first.session }, 'not issued by this suite', HEADER);
    expect(second.peer?.certificate).toBeUndefined();
  });

  it('is refused once the device or its certificate is revoked', async () => {
    await start();
    const first = await visit(rig.device, range, '<jid>');
    rig.broker.revoke('certificate', first.peer?.certificate?.sha256 ?? '');
    const second = await visit(rig.device, { ...range, session: first.session }, '<failure');
    expect(second.reused).toBe(true);
    expect(second.seen).toContain('not-authorized');
    rig.broker.revoke('device', RIG_DEVICE);
    const third = await visit(rig.device, { ...range, session: second.session }, '<failure');
    expect(third.seen).toContain('account-disabled');
  });

  it('is refused once the certificate has expired', async () => {
    await start();
    const brief = await rig.authority.device(RIG_DEVICE, { xmppDomain: TEST_DOMAIN });
    const first = await visit(brief, range, '<jid>');
    const realNow = Date.now;
    Date.now = () => realNow() + 400 * 24 * 3600 * 1000;
    try {
      const second = await visit(brief, { ...range, session: first.session }, 'has expired', HEADER);
      expect(second.peer?.certificate).toBeUndefined();
    } finally {
      Date.now = realNow;
    }
  });

  it('is a full handshake after the anchors changed, after the time is over, and where resumption is off', async () => {
    await start();
    const first = await visit(rig.device, range, '<jid>');
    writeFileSync(`${rig.broker.listening.credentials.anchors[0]}/other.crt`, (await TestAuthority.create()).rootPem);
    expect(rig.broker.listener.reload()).toBe(true);
    const second = await visit(rig.device, { ...range, session: first.session }, '<jid>');
    expect(second.reused).toBe(false);

    await rig.broker.stop();
    await start(1);
    let last = await visit(rig.device, range, '<jid>');
    // Resumed from resumed: the first proof of the key still ends when its time is over.
    await eventually(async () => {
      last = await visit(rig.device, { ...range, session: last.session }, '<jid>');
      return !last.reused;
    });

    await rig.broker.stop();
    await start(0);
    const once = await visit(rig.device, range, '<jid>');
    expect((await visit(rig.device, { ...range, session: once.session }, '<jid>')).reused).toBe(false);
  });
});

it('both ends of a connection export the same keying material (RFC 9266)', async () => {
  const broker = await rig.start();
  for (const version of VERSIONS) {
    const socket = rig.keep(broker.connect(rig.device, { minVersion: version, maxVersion: version }));
    await once(socket, 'secureConnect');
    const stream = await eventually(() => [...broker.server.streams].find(({ peer }) => peer.tls?.version === version));
    const label = 'EXPORTER-Channel-Binding';
    const own = socket.exportKeyingMaterial(32, label, Buffer.alloc(0));
    expect(stream.peer.tls?.exporter(label, 32).equals(own)).toBe(true);
    expect(stream.peer.tls?.exporter(label, 32, Buffer.from('x')).equals(own)).toBe(false);
  }
});

it('whatever server name is asked for, it gets the certificate, and the stream decides (RFC 7590 3.6)', async () => {
  await rig.start();
  for (const servername of [TEST_DOMAIN, 'elsewhere.test', '']) {
    const arrived = visit(rig.device, { servername }, '<jid>');
    const { peer } = await arrived;
    expect(peer?.sni).toBe(servername === '' ? undefined : servername);
  }
  const wrong = HEADER.replace(TEST_DOMAIN, 'elsewhere.test');
  await visit(rig.device, { servername: 'elsewhere.test' }, 'host-unknown', wrong);
});
