import { EventEmitter, once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { WAKE_NAMESPACE } from '@muster/contracts';
import type { ClientCertificate, Dial } from './https-call';
import { childOf, type Element, StanzaReader } from './stanza-reader';

interface Events {
  stanza: [Element];
  wake: [];
  closed: [];
}

/**
 * A device's connection to the broker: direct TLS with ALPN `xmpp-client` (XEP-0368), SASL EXTERNAL (XEP-0178), resource
 * binding (RFC 6120, section 7), answers to ping (XEP-0199). Emits `wake`, every `stanza`, and `closed`.
 */
export class PushConnection extends EventEmitter<Events> {
  /** The full JID that the server gave. */
  jid = '';
  private readonly socket: TLSSocket;
  private readonly reader = new StanzaReader();
  private requests = 0;

  private constructor(
    private readonly domain: string,
    dial: Dial,
    client: ClientCertificate,
  ) {
    super();
    this.socket = connect({
      host: dial.address,
      port: dial.port,
      servername: dial.hostName,
      ca: [...dial.anchors],
      cert: client.chain,
      key: client.key,
      ALPNProtocols: ['xmpp-client'],
    });
    this.socket.setEncoding('utf8');
    this.socket.on('data', (chunk: string) => this.reader.write(chunk));
    // Whatever broke the connection, `close` follows.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.reader.end();
      this.emit('closed');
    });
  }

  /** Connects, signs in, binds, and says that it is available. @throws Error naming the server's refusal */
  static async open(domain: string, dial: Dial, client: ClientCertificate): Promise<PushConnection> {
    const connection = new PushConnection(domain, dial, client);
    try {
      await connection.signIn();
    } catch (error) {
      connection.drop();
      throw error;
    }
    void connection.listen();
    return connection;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  send(xml: string): void {
    this.socket.write(xml);
  }

  /** Ends the stream as a device does that shuts down. */
  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this, 'closed');
    this.socket.end('</stream:stream>');
    await closed;
  }

  /** Breaks the connection as a device does that loses power. */
  drop(): void {
    this.socket.destroy();
  }

  private async signIn(): Promise<void> {
    await once(this.socket, 'secureConnect');
    if (this.socket.alpnProtocol !== 'xmpp-client') throw new Error('the server does not speak xmpp-client here');
    await this.openStream();
    this.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
    await this.expect('success');
    await this.openStream();
    this.requests += 1;
    const id = `bind-${this.requests}`;
    this.send(`<iq type='set' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`);
    const reply = await this.expect('iq');
    this.jid = childOf(childOf(reply, 'bind'), 'jid')?.text ?? '';
    if (reply.attributes['type'] !== 'result' || this.jid === '') throw refusal(reply);
    this.send('<presence/>');
  }

  private async openStream(): Promise<void> {
    this.reader.restart();
    this.send(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " +
        `to='${this.domain}' version='1.0'>`,
    );
    await this.expect('stream:features');
  }

  private async expect(name: string): Promise<Element> {
    const element = await this.reader.next();
    if (element.name !== name) throw refusal(element);
    return element;
  }

  private async listen(): Promise<void> {
    for (;;) {
      const stanza = await this.reader.next().catch(() => undefined);
      if (!stanza) return;
      this.react(stanza);
      this.emit('stanza', stanza);
    }
  }

  private react(stanza: Element): void {
    const { name, attributes } = stanza;
    if (name === 'iq' && attributes['type'] === 'get' && childOf(stanza, 'ping')) {
      this.send(`<iq type='result' id='${attributes['id'] ?? ''}' to='${attributes['from'] ?? this.domain}'/>`);
    }
    if (name === 'message' && childOf(stanza, 'wake')?.attributes['xmlns'] === WAKE_NAMESPACE) this.emit('wake');
  }
}

const refusal = (element: Element): Error => new Error(`the server refused: ${JSON.stringify(element)}`);
