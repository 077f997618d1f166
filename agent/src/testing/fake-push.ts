import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { WAKE_NAMESPACE } from '@muster/contracts';
import type { Issued } from './certificate-maker';

const DOMAIN = 'xmpp.muster-agent.test';
const HEADER = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='${DOMAIN}' id='s' version='1.0'>`;
const MECHANISMS = `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>`;
const FEATURES = `<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>`;

/** A broker reduced to one device and fixed answers; what the device sent is kept as a transcript. */
export class FakePush {
  readonly received: string[] = [];
  connections = 0;
  bound = false;
  private readonly server: Server;
  private socket?: TLSSocket;

  private constructor(leaf: Issued) {
    const options = { key: leaf.keyPem, cert: leaf.pem, requestCert: true, rejectUnauthorized: false };
    this.server = createServer({ ...options, ALPNProtocols: ['xmpp-client'] }, (socket) => this.accept(socket));
  }

  static async start(leaf: Issued): Promise<FakePush> {
    const push = new FakePush(leaf);
    await new Promise<void>((resolve) => push.server.listen(0, '127.0.0.1', resolve));
    return push;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  wake(about?: string): void {
    const attribute = about === undefined ? '' : ` about='${about}'`;
    this.send(`<message from='${DOMAIN}' type='headline'><wake xmlns='${WAKE_NAMESPACE}'${attribute}/></message>`);
  }

  send(text: string): void {
    this.socket?.write(text);
  }

  drop(): void {
    this.socket?.destroy();
  }

  async stop(): Promise<void> {
    this.socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: TLSSocket): void {
    this.connections++;
    this.bound = false;
    this.socket = socket;
    let authenticated = false;
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString();
      this.received.push(text);
      if (text.includes('<stream:stream')) socket.write(HEADER + (authenticated ? FEATURES : MECHANISMS));
      if (text.includes('<auth')) {
        authenticated = true;
        socket.write(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
      }
      if (text.includes(`id='bind'`)) {
        this.bound = true;
        socket.write(
          `<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>device@${DOMAIN}/r</jid></bind></iq>`,
        );
      }
      if (text.includes('<enable ')) socket.write(`<enabled xmlns='urn:xmpp:sm:3'/>`);
      if (text.includes('<r ')) socket.write(`<a xmlns='urn:xmpp:sm:3' h='1'/>`);
    });
  }
}
