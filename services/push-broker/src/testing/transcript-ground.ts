import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { CertifiedFiles, TestAuthority } from '@muster/testing';
import { WebSocketChannel } from '../core/transport/websocket-channel';
import { evictRevoked } from '../revocation/evictions';
import { accountsAskedFor } from './test-accounts';
import { TestBroker, type TestOptions } from './test-broker';
import { TestCredentials } from './test-credentials';

/** Devices that transcripts speak of, and their ids. */
const DEVICES: Record<string, string> = {
  laptop: '01900000-0000-7000-8000-00000000000a',
  desktop: '01900000-0000-7000-8000-00000000000b',
};

/** Tools that have a certificate. */
const TOOLS: Record<string, string> = { technician: 'technician', script: 'script' };

/** The server that a transcript is played against. */
export interface Ground {
  /**
   * Strict: everything is compared. Otherwise what the specifications leave to the server is not, and a client waits for
   * each answer of SASL before it says more.
   */
  readonly strict: boolean;
  /** Milliseconds that the server has to answer. */
  readonly answerMs: number;
  /** Localparts of the accounts that transcripts speak of. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Opens TLS. `as`: `laptop`, `expired laptop` and so on, or empty for nobody in particular. */
  connect(as: string): Promise<TLSSocket>;
  /** Opens a connection without TLS. */
  connectPlain?(): Promise<Duplex>;
  /** Makes such a connection secure. `as`: see `connect`. */
  startTls?(connection: Duplex, as: string): Promise<Duplex>;
  /** Opens a WebSocket. `as`: see `connect`. */
  connectWebSocket?(as: string): Promise<Duplex>;
  /** The SASL element of whoever has connected as this. */
  authentication(as: string): string;
  /** Something that happens to the server. @throws Error when this server does not know how */
  act(subject: string, sentence: string): Promise<void>;
  /** Ends the server. @throws what went wrong inside it */
  end(): Promise<void>;
}

export const EXTERNAL = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`;

function localpart(name: string): string {
  const id = DEVICES[name] ?? TOOLS[name];
  if (!id) throw new Error(`there is no account ${name}`);
  return id;
}

/** Our own server, one for each transcript. */
export class OwnGround implements Ground {
  readonly strict = true;
  readonly answerMs = 10_000;
  readonly accounts = { ...DEVICES, ...TOOLS };
  readonly #credentials: TestCredentials;

  private constructor(
    private readonly broker: TestBroker,
    authority: TestAuthority,
  ) {
    this.#credentials = new TestCredentials(authority, localpart);
  }

  static async start(authority: TestAuthority, options: Record<string, number>): Promise<OwnGround> {
    const { sasl, rest } = accountsAskedFor(options);
    return new OwnGround(await TestBroker.start(authority, { ...(rest as TestOptions), sasl }), authority);
  }

  async connect(as: string): Promise<TLSSocket> {
    return this.broker.connect(as === '' ? undefined : await this.#credentials.of(as));
  }

  async connectPlain(): Promise<Duplex> {
    return this.broker.connectPlain();
  }

  async startTls(connection: Duplex, as: string): Promise<Duplex> {
    if (!(connection instanceof Socket)) throw new Error('this connection cannot start TLS');
    return this.broker.startTls(connection, as === '' ? undefined : await this.#credentials.of(as));
  }

  async connectWebSocket(as: string): Promise<Duplex> {
    const socket = this.broker.connectWebSocket(as === '' ? undefined : await this.#credentials.of(as));
    await once(socket, 'open');
    return new WebSocketChannel(socket);
  }

  authentication(): string {
    return EXTERNAL;
  }

  async act(subject: string, sentence: string): Promise<void> {
    const [, woken, release] = /^wakes (\w+)( for a release)?$/.exec(sentence) ?? [];
    if (subject === 'server' && woken) return this.broker.wake(localpart(woken), release ? 'release' : 'operations');
    if (subject === 'server' && sentence === 'shuts down') return this.broker.server.shutdown();
    const ticket = /^(gets a|loses the) ticket for (\w+)$/.exec(sentence);
    if (ticket?.[2]) return this.#ticket(subject, ticket[1] === 'gets a', localpart(ticket[2]));
    if (sentence === 'is revoked') return this.#revoke('device', localpart(subject));
    if (sentence === 'certificate is revoked')
      return this.#revoke('certificate', digestOf(await this.#credentials.of(subject)));
    throw new Error(`nobody knows how to do [${subject} ${sentence}]`);
  }

  async end(): Promise<void> {
    await this.broker.stop();
    if (this.broker.faults.length > 0) throw this.broker.faults[0];
  }

  #ticket(tool: string, gets: boolean, device: string): void {
    const { tickets } = this.broker.server;
    if (gets) tickets.grant(localpart(tool), device, Date.now() + 60_000);
    else tickets.withdraw(localpart(tool), device);
  }

  #revoke(kind: 'device' | 'certificate', id: string): void {
    this.broker.revoke(kind, id);
    evictRevoked(this.broker.server, this.broker.revocations);
  }
}

const digestOf = ({ chain }: CertifiedFiles): string =>
  new X509Certificate(chain).fingerprint256.replaceAll(':', '').toLowerCase();
