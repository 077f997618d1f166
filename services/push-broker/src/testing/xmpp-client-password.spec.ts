import { once } from 'node:events';
import { client, xml, type XmlElement, type XmppClient } from '@xmpp/client';
import ConnectionTLS from '@xmpp/tls/lib/Connection.js';
import { eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testAccounts } from './test-accounts';
import { TEST_DOMAIN, TestBroker } from './test-broker';

let authority: TestAuthority;
let broker: TestBroker;
const clients: XmppClient[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const xmpp of clients.splice(0)) {
    xmpp.reconnect.stop();
    await xmpp.stop();
  }
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

/** xmpp.js as an integrator has it, but for the authority that it trusts. */
function integrator(directTls: boolean, password = 'pencil', username = 'integrator'): XmppClient {
  const { port, starttlsPort } = broker.listener;
  const service = directTls ? `xmpps://localhost:${port}` : `xmpp://localhost:${starttlsPort}`;
  const xmpp = client({ service, domain: TEST_DOMAIN, username, password });
  class TrustingTls extends ConnectionTLS {
    override socketParameters(address: string): Record<string, unknown> | undefined {
      const where = super.socketParameters(address);
      return where && { ...where, servername: TEST_DOMAIN, ca: authority.rootPem, ALPNProtocols: ['xmpp-client'] };
    }
  }
  xmpp.transports.unshift(TrustingTls);
  xmpp.reconnect.delay = 50;
  // Two seconds as it comes, which a busy machine may need for one step.
  xmpp.timeout = 15_000;
  xmpp.on('error', () => undefined);
  clients.push(xmpp);
  return xmpp;
}

describe.each([
  ['SCRAM-SHA-1', 'direct TLS', true],
  ['PLAIN', 'direct TLS', true],
  ['SCRAM-SHA-1', 'STARTTLS', false],
  ['PLAIN', 'STARTTLS', false],
])('xmpp.js with %s over %s', (mechanism, _, directTls) => {
  const start = async (): Promise<void> => {
    broker = await TestBroker.start(authority, { sasl: { accounts: testAccounts(), mechanisms: [mechanism] } });
    // STARTTLS of xmpp.js takes the trust of the process alone.
    if (!directTls) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  };
  afterEach(() => {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  it('signs in, pings, and talks to another', async () => {
    await start();
    const xmpp = integrator(directTls);
    await xmpp.start();
    expect(String(xmpp.jid)).toMatch(new RegExp(`^integrator@${TEST_DOMAIN}/`));
    const pong = await xmpp.iqCaller.request(xml('iq', { type: 'get' }, xml('ping', 'urn:xmpp:ping')));
    expect(pong.attrs['type']).toBe('result');
    const other = integrator(directTls, 'eraser', 'cronjob');
    await other.start();
    const got: string[] = [];
    other.on('stanza', (stanza: XmlElement) => stanza.is('message') && got.push(stanza.attrs['from'] ?? ''));
    await xmpp.send(xml('message', { to: String(other.jid), type: 'chat' }, xml('body', {}, 'Grüße')));
    await eventually(() => got.length === 1);
    expect(got).toEqual([String(xmpp.jid)]);
  });

  it('resumes without a new session', async () => {
    await start();
    const xmpp = integrator(directTls);
    await xmpp.start();
    await eventually(() => xmpp.streamManagement.enabled);
    const jid = String(xmpp.jid);
    const back = once(xmpp.streamManagement, 'resumed');
    xmpp.socket?.socket.destroy();
    await back;
    expect(String(xmpp.jid)).toBe(jid);
    expect(broker.server.sessions.count).toBe(1);
    expect(broker.server.sessions.of(`integrator@${TEST_DOMAIN}`)[0]?.kind).toBe('tool');
  });

  it('is told that its password is wrong', async () => {
    await start();
    const xmpp = integrator(directTls, 'pencils');
    xmpp.reconnect.stop();
    const refused = once(xmpp, 'error');
    // `start` has a promise that nobody holds yet when so quick a server refuses; this may or may not have been answered.
    await xmpp.reconnect.reconnect().catch(() => undefined);
    expect(await refused).toMatchObject([{ condition: 'not-authorized' }]);
    expect(broker.server.sessions.count).toBe(0);
  });
});
