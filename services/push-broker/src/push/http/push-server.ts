import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EDGE_HEADERS } from '@muster/contracts';
import { toAppError } from '@muster/service-kit';
import { checkCredentials, readCredentials } from '../../core/tls/credentials';
import type { PushOptions } from '../push-options';
import { type PushReply, suiteErrors } from './reply';

const CORRELATION_ID = /^[\w.:-]{8,64}$/;

/** Whatever happens to a request, it is answered: this never fails. */
export type Answer = (request: IncomingMessage, correlationId: string) => PushReply | Promise<PushReply>;

/**
 * HTTPS with a kept-alive connection for each caller. Plain `node:https`: what a framework does for each request here
 * costs as much as the push itself.
 */
export class PushServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #digest: string;

  /** @throws when certificate, key or anchors cannot be used */
  constructor(
    private readonly options: PushOptions,
    private readonly answer: Answer,
  ) {
    const files = readCredentials(options.credentials);
    const { options: secure } = checkCredentials(files, options.credentials.certificate);
    this.#digest = files.digest;
    this.#server = createServer(
      {
        ...secure,
        // Asked for, not required: most callers have a key instead.
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: options.requestSeconds * 1000,
        requestTimeout: options.requestSeconds * 1000,
        headersTimeout: options.requestSeconds * 1000,
        // How often Node.js looks whether a request takes too long.
        connectionsCheckingInterval: Math.min(5000, options.requestSeconds * 500),
        keepAliveTimeout: 75_000,
        noDelay: true,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = options.connections;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('clientError', (error: Error & { code?: string }, socket) => unreadable(error, socket));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen({ host: this.options.host, port: this.options.port, backlog: 4096 });
    await once(this.#server, 'listening');
  }

  /** Takes no more requests; those that run get so long to be answered. */
  async close(graceMs = 3000): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    // A connection whose last request is answered now would be kept alive by the caller.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  /**
   * Uses certificate, key and anchors as they are on disk now, for new connections; open ones are not touched.
   * @returns whether anything had changed
   * @throws when they have changed and cannot be used; the former ones stay in use
   */
  reload(): boolean {
    const { credentials } = this.options;
    const files = readCredentials(credentials);
    if (files.digest === this.#digest) return false;
    this.#server.setSecureContext(checkCredentials(files, credentials.certificate).options);
    this.#digest = files.digest;
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = request.headers[EDGE_HEADERS.correlationId];
    const correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
    const { status, body, headers } = await this.answer(request, correlationId);
    if (response.destroyed) return;
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      [EDGE_HEADERS.correlationId]: correlationId,
      ...headers,
      // What was not read of this request would be taken for the next one.
      ...(request.complete ? undefined : { connection: 'close' }),
    });
    response.end(body);
  }
}

const TOO_LARGE: Refusal = { line: '431 Request Header Fields Too Large', statusCode: 431 };
const TOO_SLOW: Refusal = { line: '408 Request Timeout', statusCode: 400 };
const NOT_HTTP: Refusal = { line: '400 Bad Request', statusCode: 400 };
interface Refusal {
  line: string;
  /** What the error's code follows from. */
  statusCode: number;
}

/** What is not HTTP at all, came too slowly, or is too large to be read as it. */
function unreadable({ code }: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const { line, statusCode } =
    code === 'HPE_HEADER_OVERFLOW' ? TOO_LARGE : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? TOO_SLOW : NOT_HTTP;
  const { body } = suiteErrors(toAppError({ statusCode }), randomUUID());
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
