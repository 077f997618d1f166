import { once } from 'node:events';
import { client, xml, type XmlElement, type XmppClient } from '@xmpp/client';
import ConnectionTLS from '@xmpp/tls/lib/Connection.js';
import { WAKE_NAMESPACE } from '@muster/contracts';
import { type CertifiedFiles, eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CLIENT_NS } from '../core/namespaces';
import { element } from '../core/xml/element';
import { TEST_DOMAIN, TestBroker } from './test-broker';

const DEVICE = '01900000-0000-7000-8000-00000000000a';

let authority: TestAuthority;
let credential: CertifiedFiles;
let broker: TestBroker;
let xmpp: XmppClient;
let wakes: XmlElement[];

beforeAll(async () => {
  authority = await TestAuthority.create();
  credential = await authority.device(DEVICE, { xmppDomain: TEST_DOMAIN });
});
beforeEach(async () => {
  broker = await TestBroker.start(authority);
  xmpp = deviceClient();
  wakes = [];
  xmpp.on('stanza', (stanza: XmlElement) => {
    if (stanza.getChild('wake', WAKE_NAMESPACE)) wakes.push(stanza);
  });
});
afterEach(async () => {
  xmpp.reconnect.stop();
  await xmpp.stop();
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

/** xmpp.js over its TLS transport, with a client certificate and SASL EXTERNAL, which it does not bring itself. */
function deviceClient(): XmppClient {
  const made = client({
    service: `xmpps://127.0.0.1:${broker.listener.port}`,
    domain: TEST_DOMAIN,
    credentials: (authenticate) => authenticate({}, 'EXTERNAL'),
  });
  class DeviceTls extends ConnectionTLS {
    override socketParameters(service: string): Record<string, unknown> | undefined {
      const where = super.socketParameters(service);
      const trust = { servername: TEST_DOMAIN, ca: authority.rootPem, ALPNProtocols: ['xmpp-client'] };
      return where && { ...where, ...trust, cert: credential.chain, key: credential.key };
    }
  }
  made.transports.unshift(DeviceTls);
  class External {
    name = 'EXTERNAL';
    clientFirst = true;
    response = (): string => '';
    challenge = (): void => undefined;
  }
  made.saslFactory.use('EXTERNAL', External);
  made.reconnect.delay = 50;
  // Two seconds as it comes, which a busy machine may need for one step.
  made.timeout = 15_000;
  // The end of a connection is an error event as well; what matters is asserted.
  made.on('error', () => undefined);
  return made;
}

const resumed = (): Promise<unknown> => once(xmpp.streamManagement, 'resumed');

it('signs in with its certificate, pings, and is woken', async () => {
  await xmpp.start();
  expect(String(xmpp.jid)).toMatch(new RegExp(`^${DEVICE}@${TEST_DOMAIN}/`));
  const pong = await xmpp.iqCaller.request(xml('iq', { type: 'get' }, xml('ping', 'urn:xmpp:ping')));
  expect(pong.attrs['type']).toBe('result');
  const info = await xmpp.iqCaller.request(
    xml('iq', { type: 'get', to: TEST_DOMAIN }, xml('query', 'http://jabber.org/protocol/disco#info')),
  );
  expect(info.getChild('query')?.getChildren('feature').length).toBeGreaterThan(3);
  broker.wake(DEVICE);
  await eventually(() => wakes.length === 1);
  expect(wakes[0]?.attrs).toMatchObject({ type: 'headline', from: TEST_DOMAIN });
});

it('resumes after its connection broke, and gets what waited once', async () => {
  await xmpp.start();
  await eventually(() => xmpp.streamManagement.enabled);
  const jid = String(xmpp.jid);
  const back = resumed();
  xmpp.socket?.socket.destroy();
  await eventually(() => broker.server.sessions.of(`${DEVICE}@${TEST_DOMAIN}`)[0]?.stream === undefined);
  for (let i = 0; i < 10; i++) broker.wake(DEVICE);
  await back;
  expect(String(xmpp.jid)).toBe(jid);
  // The one that waited, and one more for those that were asked for meanwhile.
  await eventually(() => wakes.length === 2);
  await xmpp.iqCaller.request(xml('iq', { type: 'get' }, xml('ping', 'urn:xmpp:ping')));
  expect(wakes).toHaveLength(2);
  expect(broker.server.sessions.count).toBe(1);
});

it('gets every stanza once and in order, however often the connection breaks', async () => {
  await xmpp.start();
  await eventually(() => xmpp.streamManagement.enabled);
  const [session] = broker.server.sessions.of(`${DEVICE}@${TEST_DOMAIN}`);
  const got: string[] = [];
  xmpp.on('stanza', (stanza: XmlElement) => got.push(stanza.attrs['id'] ?? ''));
  const sent: string[] = [];
  const send = (): void => {
    sent.push(String(sent.length));
    session?.send(element('message', CLIENT_NS, { id: sent.at(-1) }));
  };
  for (let round = 0; round < 10; round++) {
    const back = resumed();
    // In even rounds the client never reads what was written, in odd ones its acknowledgement is what gets lost.
    if (round % 2) xmpp.once('stanza', () => xmpp.socket?.socket.destroy());
    else xmpp.socket?.socket.pause();
    for (let i = 0; i < 5; i++) send();
    if (round % 2 === 0) xmpp.socket?.socket.destroy();
    send();
    await back;
    await eventually(() => got.length === sent.length);
  }
  expect(got).toEqual(sent);
  expect(session?.ended).toBe(false);
});
