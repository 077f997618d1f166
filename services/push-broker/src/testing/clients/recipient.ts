import { client, xml, type XmlElement, type XmppClient } from '@xmpp/client';
import ConnectionTLS from '@xmpp/tls/lib/Connection.js';
import { eventually } from '@muster/testing';
import { TEST_DOMAIN } from '../test-broker';
import { type ClientsRig, PASSWORD } from './clients-rig';

/** Somebody who gets messages: xmpp.js over direct TLS, with a password, as it comes. */
export class Recipient {
  readonly received: { from: string; body: string }[] = [];

  private constructor(private readonly xmpp: XmppClient) {
    xmpp.on('stanza', (stanza: XmlElement) => {
      const body = stanza.getChild('body');
      if (body) this.received.push({ from: stanza.attrs['from'] ?? '', body: body.text() });
    });
    xmpp.on('error', () => undefined);
  }

  static async signIn(rig: ClientsRig, username: string): Promise<Recipient> {
    const xmpp = client({
      service: `xmpps://127.0.0.1:${rig.port(true)}`,
      domain: TEST_DOMAIN,
      username,
      password: PASSWORD,
    });
    const trust = { servername: TEST_DOMAIN, ca: rig.rootPem, ALPNProtocols: ['xmpp-client'] };
    class Trusting extends ConnectionTLS {
      override socketParameters(service: string): Record<string, unknown> | undefined {
        const where = super.socketParameters(service);
        return where && { ...where, ...trust };
      }
    }
    // Two seconds as it comes, which a busy machine may need for one step.
    xmpp.timeout = 15_000;
    xmpp.transports.unshift(Trusting);
    const recipient = new Recipient(xmpp);
    await xmpp.start();
    await xmpp.send(xml('presence'));
    return recipient;
  }

  /** The next message. */
  async message(): Promise<{ from: string; body: string }> {
    await eventually(() => this.received.length > 0);
    return this.received.shift() ?? { from: '', body: '' };
  }

  async say(to: string, body: string): Promise<void> {
    await this.xmpp.send(xml('message', { to, type: 'chat', id: 'said' }, xml('body', {}, body)));
  }

  async stop(): Promise<void> {
    this.xmpp.reconnect.stop();
    await this.xmpp.stop();
  }
}
