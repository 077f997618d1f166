import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { WebSocketChannel } from '../../core/transport/websocket-channel';
import { TEST_DOMAIN } from '../test-broker';
import type { TestCredentials } from '../test-credentials';
import { EXTERNAL, type Ground } from '../transcript-ground';
import type { PeerServer } from './peer-server';

export const PEER_PASSWORD = 'correct horse battery staple';

/** Accounts of a transcript on a server that many transcripts are played against: nobody finds what others left behind. */
export const accountsOf = (transcript: number): Record<string, string> =>
  Object.fromEntries(['laptop', 'desktop', 'technician', 'script'].map((name) => [name, `${name}-${transcript}`]));

/** Accounts whose passwords transcripts say themselves; `test-accounts.ts` has them too. */
export const ACCOUNTS_WITH_SECRETS = [
  { name: 'integrator', password: 'pencil' },
  { name: 'cronjob', password: 'eraser' },
];

/** Another XMPP server, where devices sign in with a password. */
export class PeerGround implements Ground {
  readonly strict = false;

  constructor(
    private readonly server: PeerServer,
    readonly accounts: Readonly<Record<string, string>>,
    readonly answerMs: number,
    /** Where clients sign in by certificate instead. */
    private readonly credentials?: TestCredentials,
  ) {}

  async connect(as: string): Promise<TLSSocket> {
    if (as !== '' && !this.credentials && !(as in this.accounts))
      throw new Error(`there is no ${as} on ${this.server.name}`);
    const { port, certificatePort } = this.server;
    const where = { host: '127.0.0.1', servername: TEST_DOMAIN, ALPNProtocols: ['xmpp-client'] };
    const known = as !== '' && this.credentials ? await this.credentials.of(as) : undefined;
    const own = known ? { cert: known.chain, key: known.key } : {};
    const used = this.credentials ? certificatePort : port;
    return connect({ ...where, ...own, port: used, rejectUnauthorized: false }).on('error', () => undefined);
  }

  async connectPlain(): Promise<Socket> {
    return connectTcp(this.server.startTlsPort, '127.0.0.1').on('error', () => undefined);
  }

  async startTls(connection: Duplex): Promise<TLSSocket> {
    const secured = connect({ socket: connection, servername: TEST_DOMAIN, rejectUnauthorized: false });
    return secured.on('error', () => undefined);
  }

  async connectWebSocket(): Promise<Duplex> {
    const url = `wss://127.0.0.1:${this.server.httpPort}/xmpp-websocket`;
    const tls = { servername: TEST_DOMAIN, rejectUnauthorized: false };
    const socket = new WebSocket(url, 'xmpp', { ...tls, headers: { host: TEST_DOMAIN } });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return new WebSocketChannel(socket);
  }

  authentication(as: string): string {
    if (this.credentials) return EXTERNAL;
    const response = Buffer.from(`\0${this.accounts[as]}\0${PEER_PASSWORD}`).toString('base64');
    return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${response}</auth>`;
  }

  async act(subject: string, sentence: string): Promise<void> {
    // Here everybody may reach everybody.
    if (/^gets a ticket for/.test(sentence)) return;
    if (subject === 'server' && sentence === 'shuts down') return void this.server.stop();
    throw new Error(`${this.server.name} does not know how to do [${subject} ${sentence}]`);
  }

  async end(): Promise<void> {}
}
