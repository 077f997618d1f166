import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../peer';
import type { XmppServer } from '../server';
import { StreamError } from '../stream-error';
import { AddressCounter } from './address-counter';
import { type CredentialPaths, loadCredentials } from './credentials';
import { tlsOf } from './tls-facts';
import { xmppAddresses } from './xmpp-addresses';

export interface ListenerOptions {
  host: string;
  port: number;
  credentials: CredentialPaths;
}

/**
 * Direct TLS (XEP-0368, ALPN `xmpp-client`). Limits are checked before the handshake, which is what costs. A peer
 * without a certificate under the anchors is told so in a stream error and nothing that it sends is read.
 */
export class Listener {
  readonly #tcp: Server;
  readonly #tls: TlsServer;
  readonly #addresses: AddressCounter;
  readonly #connections = new Set<Socket>();
  #digest: string;

  /** @throws when certificate, key or anchors cannot be used */
  constructor(
    private readonly server: XmppServer,
    private readonly options: ListenerOptions,
  ) {
    const { options: secure, digest } = loadCredentials(options.credentials);
    this.#digest = digest;
    this.#addresses = new AddressCounter(server.limits.connectionsPerAddress);
    this.#tls = createTlsServer({
      ...secure,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['xmpp-client'],
      handshakeTimeout: server.limits.negotiationSeconds * 1000,
    });
    this.#tls.on('secureConnection', (socket) => this.#secured(socket));
    this.#tls.on('tlsClientError', (_error, socket) => {
      this.#refused('tls-handshake', socket.remoteAddress);
      socket.destroy();
    });
    this.#tcp = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
      this.#connected(socket),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen({ host: this.options.host, port: this.options.port, backlog: 4096 }, resolve);
    });
  }

  /** Takes no more connections. Fulfilled when the last one is gone; after `graceMs` what is left is cut. */
  close(graceMs = 3000): Promise<void> {
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, graceMs);
    return new Promise((resolve) =>
      this.#tcp.close(() => {
        clearTimeout(cut);
        resolve();
      }),
    );
  }

  /**
   * Uses certificate, key and anchors as they are on disk now, for new connections; open ones are not touched.
   * @returns whether anything had changed
   * @throws when they cannot be used; the former ones stay in use
   */
  reload(): boolean {
    const { options, digest } = loadCredentials(this.options.credentials);
    if (digest === this.#digest) return false;
    this.#tls.setSecureContext(options);
    this.#digest = digest;
    return true;
  }

  #connected(socket: Socket): void {
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
    this.#tls.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress;
    if (address === undefined) return void socket.destroy();
    const certificate = this.#verified(socket);
    const stream = this.server.accept(socket, { address, certificate, ...tlsOf(socket) });
    if (certificate) return;
    if (!this.server.certificateOnly && !socket.getPeerX509Certificate()) return;
    const [reason, text] = refusalOf(socket);
    this.#refused(reason, address);
    stream.close(new StreamError('not-authorized', text));
  }

  #verified(socket: TLSSocket): PeerCertificate | undefined {
    // Nothing resumes sessions here (see `loadCredentials`); if something ever does, it is not let in unchecked.
    if (!socket.authorized || socket.isSessionReused()) return undefined;
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) return undefined;
    return {
      sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      xmppAddresses: xmppAddresses(certificate.raw),
    };
  }

  #refused(reason: string, address: string | undefined): void {
    this.server.events.emit('refused', reason, address ?? 'unknown');
  }
}

/** Why a peer was not authenticated: a word for metrics, a sentence for the person who reads the agent's log. */
function refusalOf(socket: TLSSocket): [string, string] {
  if (!socket.getPeerX509Certificate()) return ['no-certificate', 'a client certificate is required'];
  switch (String(socket.authorizationError)) {
    case 'CERT_HAS_EXPIRED':
      return ['certificate-expired', 'the client certificate has expired: renew it'];
    case 'CERT_NOT_YET_VALID':
      return ['certificate-not-yet-valid', 'the client certificate is not valid yet'];
    default:
      return ['certificate-untrusted', 'the client certificate was not issued by this suite'];
  }
}
