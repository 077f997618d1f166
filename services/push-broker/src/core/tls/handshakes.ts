import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Finding } from './certificate-check';
import {
  checkCredentials,
  type CredentialFiles,
  type CredentialPaths,
  type Credentials,
  readCredentials,
} from './credentials';

export const XMPP_ALPN = 'xmpp-client';
export const HTTP_ALPN = 'http/1.1';
/** Bytes that Node.js wants: the name of the key, and keys for encryption and authentication. */
const TICKET_KEY_BYTES = 48;

export interface HandshakeOptions {
  credentials: CredentialPaths;
  /** That the certificate must be for. */
  domain: string;
  timeoutMs: number;
  /** Seconds after which a device must prove its key anew; 0: at every connection. */
  resumptionSeconds: number;
}

export interface HandshakeOutcome {
  secured(socket: TLSSocket): void;
  failed(address: string | undefined): void;
}

/**
 * The server's end of TLS, for connections that are secure from the start and for those that become so.
 *
 * Sessions are resumed by tickets, for TLS 1.2 and 1.3 alike; there is no cache. The key of the tickets lives in this
 * process, is replaced every `resumptionSeconds` without an overlap, and with every new certificate or anchor: so no
 * proof of a key is older than that, however often a session was resumed from a resumed one, and none outlives the
 * anchors that it was made under.
 */
export class Handshakes {
  readonly #tls: Server;
  #digest: string;
  #findings: Finding[];
  readonly #rotation: NodeJS.Timeout | undefined;

  /** @throws when certificate, key or anchors cannot be used */
  constructor(
    private readonly options: HandshakeOptions,
    outcome: HandshakeOutcome,
  ) {
    const files = readCredentials(options.credentials);
    const { options: secure, findings } = this.#check(files);
    this.#digest = files.digest;
    this.#findings = findings;
    this.#tls = createServer({
      ...secure,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: [XMPP_ALPN, HTTP_ALPN],
      handshakeTimeout: options.timeoutMs,
      ...(options.resumptionSeconds > 0 ? { sessionTimeout: options.resumptionSeconds } : {}),
    });
    this.#tls.on('secureConnection', (socket) => outcome.secured(socket));
    this.#tls.on('tlsClientError', (_error, socket) => {
      outcome.failed(socket.remoteAddress);
      socket.destroy();
    });
    if (options.resumptionSeconds > 0)
      this.#rotation = setInterval(() => this.endTickets(), options.resumptionSeconds * 1000).unref();
  }

  begin(socket: Socket): void {
    this.#tls.emit('connection', socket);
  }

  /** No session from before can be resumed any more. */
  endTickets(): void {
    this.#tls.setTicketKeys(randomBytes(TICKET_KEY_BYTES));
  }

  /**
   * Uses certificate, key and anchors as they are on disk now, for new connections; open ones are not touched.
   * @returns whether anything had changed
   * @throws when they have changed and cannot be used; the former ones stay in use
   */
  reload(): boolean {
    const files = readCredentials(this.options.credentials);
    if (files.digest === this.#digest) return false;
    const { options, findings } = this.#check(files);
    this.#tls.setSecureContext(options);
    this.endTickets();
    this.#digest = files.digest;
    this.#findings = findings;
    return true;
  }

  /** What is wrong with the certificate in use. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  #check(files: CredentialFiles): Credentials {
    const { credentials, domain, resumptionSeconds } = this.options;
    return checkCredentials(files, credentials.certificate, { tickets: resumptionSeconds > 0, domain });
  }

  close(): void {
    clearInterval(this.#rotation);
  }
}
