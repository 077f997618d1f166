import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { XmppServer } from '../server';
import type { Stream, StreamOptions } from '../stream';
import { StreamError } from '../stream-error';
import { AcceptQueue, type AcceptQueueOptions } from '../transport/accept-queue';
import { webSocketFraming } from '../transport/websocket-framing';
import { WebSockets } from '../transport/websockets';
import { AddressCounter } from './address-counter';
import type { Finding } from './certificate-check';
import type { CredentialPaths } from './credentials';
import { Handshakes, HTTP_ALPN } from './handshakes';
import { identify } from './identity';
import { tlsOf } from './tls-facts';

/** What is spoken on a port first. Direct TLS also takes WebSockets, from peers whose ALPN says HTTP. */
export type PortKind = 'direct' | 'starttls' | 'websocket';

export interface ListenerOptions {
  host: string;
  /** Direct TLS (XEP-0368). Of all ports: 0 takes a free one. */
  port: number;
  /** Plain text until STARTTLS; none when absent. */
  starttlsPort?: number;
  /** WebSockets only; none when absent. */
  webSocketPort?: number;
  credentials: CredentialPaths;
  /** Seconds for which a TLS session may be resumed; 0 or absent: never. */
  resumptionSeconds?: number;
  /** How connections and handshakes begin; without any limit when absent. */
  accepts?: AcceptQueueOptions;
  /** See `WebSocketOptions`. */
  webSocketOrigins?: string[];
}

interface Arrival {
  address: string;
  kind: PortKind;
  /** Milliseconds, `Date.now`. */
  since: number;
  /** Called when the handshake is done. */
  secured?: () => void;
}

/**
 * The ports and what comes in at them. Limits on connections are checked before the handshake, which is what costs. A
 * peer without a certificate under the anchors is told so in a stream error and nothing that it sends is read, unless
 * it brought none and there are other ways to authenticate.
 */
export class Listener {
  readonly #ports = new Map<PortKind, Server>();
  readonly #handshakes: Handshakes;
  readonly #webSockets: WebSockets;
  readonly #queue: AcceptQueue;
  readonly #addresses: AddressCounter;
  readonly #connections = new Set<Socket>();
  /** Connections in their handshake, by the two ends' addresses: Node.js does not tell whose handshake it was. */
  readonly #arrivals = new Map<string, Arrival>();

  /** @throws when certificate, key or anchors cannot be used */
  constructor(
    private readonly server: XmppServer,
    private readonly options: ListenerOptions,
  ) {
    const { limits } = server;
    const timeoutMs = limits.negotiationSeconds * 1000;
    this.#addresses = new AddressCounter(limits.connectionsPerAddress);
    this.#queue = new AcceptQueue(options.accepts ?? { perSecond: 0, atOnce: 0, countsMs: 0 });
    const { credentials, resumptionSeconds = 0, webSocketOrigins: origins = [] } = options;
    this.#handshakes = new Handshakes(
      { credentials, domain: server.domain, timeoutMs, resumptionSeconds },
      {
        secured: (socket) => this.#secured(socket),
        failed: (address) => this.#refused('tls-handshake', address),
      },
    );
    this.#webSockets = new WebSockets({
      origins,
      timeoutMs,
      maxMessageBytes: limits.stanzaBytes,
      maxMessageBytesBefore: limits.stanzaBytesBefore,
    });
    this.#ports.set('direct', this.#open('direct'));
    if (options.starttlsPort !== undefined) this.#ports.set('starttls', this.#open('starttls'));
    if (options.webSocketPort !== undefined) this.#ports.set('websocket', this.#open('websocket'));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Connections that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  get port(): number {
    return this.#portOf('direct') ?? 0;
  }
  get starttlsPort(): number | undefined {
    return this.#portOf('starttls');
  }
  get webSocketPort(): number | undefined {
    return this.#portOf('websocket');
  }

  async listen(): Promise<void> {
    const { host, port, starttlsPort, webSocketPort } = this.options;
    const numbers = { direct: port, starttls: starttlsPort, websocket: webSocketPort };
    for (const [kind, server] of this.#ports) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port: numbers[kind], backlog: 4096 }, resolve);
      });
    }
  }

  /** Takes no more connections. Fulfilled when the last one is gone; after `graceMs` what is left is cut. */
  async close(graceMs = 3000): Promise<void> {
    this.#handshakes.close();
    const cut = setTimeout(() => {
      this.#queue.clear();
      for (const socket of this.#connections) socket.destroy();
    }, graceMs);
    await Promise.all([...this.#ports.values()].map((server) => new Promise((resolve) => server.close(resolve))));
    clearTimeout(cut);
  }

  /** What is wrong with the certificate in use. */
  get findings(): readonly Finding[] {
    return this.#handshakes.findings;
  }

  /** Uses certificate, key and anchors as they are on disk now; see `Handshakes.reload`. */
  reload(): boolean {
    return this.#handshakes.reload();
  }

  #open(kind: PortKind): Server {
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, pauseOnConnect: true };
    return createServer(options, (socket) => this.#connected(socket, kind));
  }

  #portOf(kind: PortKind): number | undefined {
    return (this.#ports.get(kind)?.address() as AddressInfo | null | undefined)?.port;
  }

  #connected(socket: Socket, kind: PortKind): void {
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress;
    if (address === undefined) return void socket.destroy();
    const full = this.#connections.size >= this.server.limits.connections;
    const leave = full ? undefined : this.#addresses.enter(address);
    if (!leave) {
      this.#refused(full ? 'connection-limit' : 'address-limit', address);
      return void socket.destroy();
    }
    this.#connections.add(socket);
    socket.on('close', () => {
      this.#connections.delete(socket);
      leave();
    });
    this.#queue.add(socket, (done) => {
      // The time that it waited here is not the peer's fault.
      const arrival: Arrival = { address, kind, since: Date.now() };
      if (kind !== 'starttls') return this.#handshake(socket, arrival, done);
      this.#plainText(socket, arrival);
      done();
    });
  }

  #plainText(socket: Socket, arrival: Arrival): void {
    const { address, since } = arrival;
    const upgrade = (): void => this.#queue.add(socket, (done) => this.#handshake(socket, arrival, done));
    this.server.accept(socket, { address }, { secure: false, since, upgrade });
    socket.resume();
  }

  #handshake(socket: Socket, arrival: Arrival, done: () => void): void {
    const ends = endsOf(socket);
    const gone = (): void => {
      this.#arrivals.delete(ends);
      done();
    };
    socket.once('close', gone);
    // Once it is secure there is nothing to forget, and a connection that lasts for weeks should not carry this along.
    const secured = (): void => {
      socket.off('close', gone);
      done();
    };
    this.#arrivals.set(ends, { ...arrival, secured });
    this.#handshakes.begin(socket);
    socket.resume();
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const ends = endsOf(socket);
    const arrival = this.#arrivals.get(ends);
    if (!arrival || socket.remoteAddress === undefined) return void socket.destroy();
    this.#arrivals.delete(ends);
    arrival.secured?.();
    const isHttp = socket.alpnProtocol === HTTP_ALPN || arrival.kind === 'websocket';
    if (!isHttp) return void this.#stream(socket, socket, arrival, {});
    if (arrival.kind === 'starttls') {
      this.#refused('tls-handshake', arrival.address);
      return void socket.destroy();
    }
    const framing = { framing: webSocketFraming };
    this.#webSockets.take(socket, (channel) => this.#stream(channel, socket, arrival, framing));
  }

  #stream(connection: Duplex, socket: TLSSocket, { address, since }: Arrival, options: StreamOptions): Stream {
    const identity = identify(socket, Date.now());
    const known = 'sha256' in identity ? { certificate: identity } : {};
    const stream = this.server.accept(connection, { address, ...known, ...tlsOf(socket) }, { ...options, since });
    if ('sha256' in identity || (identity.reason === 'no-certificate' && !this.server.certificateOnly)) return stream;
    this.#refused(identity.reason, address);
    stream.close(new StreamError('not-authorized', identity.text));
    return stream;
  }

  #refused(reason: string, address: string | undefined): void {
    this.server.events.emit('refused', reason, address ?? 'unknown');
  }
}

const endsOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
